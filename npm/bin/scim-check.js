#!/usr/bin/env node
// Starts the program of the package for this platform: arguments, streams, signals and exit code pass through unchanged.
"use strict";

const { spawn } = require("node:child_process");

// What scim-check itself answers when it could not begin.
const COULD_NOT_BEGIN = 2;
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

function giveUp(message) {
  process.stderr.write(`scim-check: ${message}\n`);
  process.exit(COULD_NOT_BEGIN);
}

function program() {
  const name = `@scim-check/${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "scim-check.exe" : "scim-check";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    const supported = Object.keys(require("../package.json").optionalDependencies || {});
    if (!supported.includes(name)) {
      return giveUp(
        `there is no build for ${process.platform}-${process.arch}, only ${supported.join(", ")}.\n` +
          "With Rust it can be built: cargo install scim-check",
      );
    }
    return giveUp(
      `the package ${name}, which holds the program for this platform, is not installed.\n` +
        "Install again without --omit=optional and --no-optional. A node_modules folder or lock file made on another\n" +
        "platform lacks it, too: delete node_modules and package-lock.json, then npm install.",
    );
  }
}

const path = program();
const child = spawn(path, process.argv.slice(2), { stdio: "inherit", windowsHide: true });
for (const signal of PASSED_ON) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => giveUp(`${path} cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  // Ended by a signal: so does this process, that whoever started it sees the same.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
