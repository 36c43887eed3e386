// Makes npm's packages from compiled programs: node npm/pack.mjs FOLDER TRIPLE=PROGRAM…
//
// For each program a package for its platform, and always the package `scim-check`, which starts the one that fits.
// FOLDER gets the tarballs. Version and descriptions are those of Cargo.toml.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const platforms = JSON.parse(readFileSync(join(here, "platforms.json"), "utf8"));
const nameOf = ({ os, cpu }) => `@scim-check/${os}-${cpu}`;

function fail(message) {
  process.stderr.write(`npm/pack.mjs: ${message}\n`);
  process.exit(2);
}

/** A key of Cargo.toml's `[package]` whose value is a string. */
function manifest(key) {
  const section = readFileSync(join(root, "Cargo.toml"), "utf8").split(/^\[package\]$/m)[1]?.split(/^\[/m)[0] ?? "";
  const value = section.match(new RegExp(`^${key} = "(.*)"$`, "m"))?.[1];
  return value ?? fail(`Cargo.toml has no ${key} of its package`);
}

const common = {
  version: manifest("version"),
  license: `(${manifest("license")})`,
};

/** Writes one package and packs it. `files`: where each comes from, by its place in the package. */
function pack(folder, description, files) {
  const stage = mkdtempSync(join(tmpdir(), "scim-check-npm-"));
  try {
    for (const [place, source] of Object.entries(files)) {
      const path = join(stage, place);
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(source, path);
      chmodSync(path, place.startsWith("bin/") ? 0o755 : 0o644);
    }
    const published = { ...description, ...common, files: ["bin", "LICENSE-*"] };
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
    // npm is a script on Windows, which only a shell can start.
    const shell = process.platform === "win32";
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: stage, stdio: "inherit", shell });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

const [out, ...programs] = process.argv.slice(2);
if (out === undefined) fail("usage: node npm/pack.mjs FOLDER TRIPLE=PROGRAM…");
const given = programs.map((word) => {
  const [, triple, program] = word.match(/^([^=]+)=(.+)$/) ?? fail(`'${word}' is not TRIPLE=PROGRAM`);
  const platform = platforms[triple] ?? fail(`${triple} is none of ${Object.keys(platforms).join(", ")}`);
  return { platform, program: resolve(program) };
});
const folder = resolve(out);
mkdirSync(folder, { recursive: true });

const licences = Object.fromEntries(["LICENSE-APACHE", "LICENSE-MIT"].map((name) => [name, join(root, name)]));
for (const { platform, program } of given) {
  const { os, cpu } = platform;
  const description = {
    name: nameOf(platform),
    description: `The scim-check program for ${os} on ${cpu}; install scim-check in place of this`,
    os: [os],
    cpu: [cpu],
    preferUnplugged: true,
  };
  pack(folder, description, { [os === "win32" ? "bin/scim-check.exe" : "bin/scim-check"]: program, ...licences });
}
const description = {
  name: "scim-check",
  description: manifest("description"),
  keywords: ["scim", "okta", "conformance", "provisioning", "testing"],
  bin: { "scim-check": "bin/scim-check.js" },
  engines: { node: ">=18" },
  optionalDependencies: Object.fromEntries(Object.values(platforms).map((each) => [nameOf(each), common.version])),
};
pack(folder, description, {
  "bin/scim-check.js": join(here, "bin/scim-check.js"),
  "README.md": join(here, "README.md"),
  ...licences,
});
