// Opens reports in Chromium and looks whether they work. Called with a folder: right.html and failing.html of the same program,
// later.html with demands that are not scored, works-with.html of two suites, and large.html of 1,000 cases. SCIM_CHECK_BROWSER names Chromium, SCIM_CHECK_BROWSER_MODULES the folder with node_modules.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const require = createRequire(path.join(path.resolve(process.env.SCIM_CHECK_BROWSER_MODULES), "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
  + "--disable-component-update --disable-sync";
const browser = await chromium.launch({ executablePath: process.env.SCIM_CHECK_BROWSER, args: flags.split(" ") });
const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 900 };

// Opens a page, does what is asked with it, and demands that nothing was complained of and nothing left the page.
const open = async (name, options, look) => {
  const { hash = "", ...context } = options;
  const opened = await browser.newContext({ viewport: desktop, ...context });
  const page = await opened.newPage();
  const address = pathToFileURL(path.join(folder, name)).href;
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push("console: " + message.text());
  });
  page.on("pageerror", (error) => wrong.push("error: " + error));
  page.on("request", (request) => { if (request.url().split("#")[0] !== address) wrong.push("request: " + request.url()); });
  try {
    const began = Date.now();
    await page.goto(address + hash);
    await look(page, Date.now() - began);
  } finally {
    await opened.close();
  }
  assert.deepEqual(wrong, [], name);
};

const shown = (page) => page.locator(".c:visible").count();
const noAxeViolation = async (page) => {
  const bypass = await page.context().newCDPSession(page);
  await bypass.send("Runtime.evaluate", { expression: axe });
  const result = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  const told = result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary).join(" | ")}`);
  assert.deepEqual(told, []);
  assert.ok(result.passes.length > 15, "axe looked at the page");
};
const noSidewaysScroll = async (page) => {
  const [inner, wide] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
  assert.ok(wide <= inner, `the page is ${wide} wide in a window of ${inner}`);
};

const tests = {
  async "what is not scored stands apart, and opens"() {
    for (const options of [{}, { viewport: phone, colorScheme: "dark" }]) {
      await open("later.html", options, async (page) => {
        assert.match(await page.locator("h1").innerText(), /conforms/i);
        assert.equal(await page.locator("#later .v").count(), 5);
        const one = page.locator("#later .v").first();
        await one.locator("summary").first().click();
        assert.match(await one.innerText(), /299/);
        await noAxeViolation(page);
        await noSidewaysScroll(page);
      });
    }
  },

  async "with whom a server works is said first, with why and feature by feature"() {
    for (const options of [{}, { viewport: phone, colorScheme: "dark" }]) {
      await open("works-with.html", options, async (page) => {
        const table = page.locator(".works table").first();
        assert.ok(await table.isVisible());
        const rows = (await table.locator("tbody tr").allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
        assert.match(rows[0], /^Okta .* works/);
        assert.match(rows[1], /^OneLogin .* does not work/);
        const features = page.locator(".works details", { hasText: "Features of OneLogin" });
        await features.locator("summary").click();
        assert.match(await features.innerText(), /does not work/);
        await table.locator("a").first().click();
        await page.waitForFunction(() => location.hash && document.getElementById(location.hash.slice(1)));
        await noAxeViolation(page);
        await noSidewaysScroll(page);
      });
    }
  },

  async "a failing report shows its violation, opens and filters"() {
    await open("failing.html", {}, async (page) => {
      assert.match(await page.locator("h1").innerText(), /violates/i);
      const violation = page.locator("#violations .v").first();
      assert.ok(await violation.locator(".x mark").first().isVisible());
      const all = await shown(page);
      assert.ok(all > 100, `${all} cases`);
      await page.locator("input[value=failed]").check();
      const failed = await shown(page);
      assert.ok(failed > 0 && failed < all, `${failed} failed`);
      assert.equal(await page.locator("#count").innerText(), `${failed} of ${all} cases`);
      assert.match(page.url(), /#outcome=failed$/);
      const first = page.locator(".c:visible").first();
      assert.ok(!(await first.locator(".trail").first().isVisible()));
      await first.locator(":scope > summary").click();
      assert.ok(await first.locator(".trail").first().isVisible());
      await page.locator("button[type=reset]").click();
      await page.waitForFunction(() => !location.hash);
      assert.equal(await shown(page), all);
      await page.locator("#l").selectOption("must");
      assert.equal(await shown(page), failed);
      await page.locator("#l").selectOption("");
      await page.locator("#q").fill("no such case at all");
      assert.equal(await shown(page), 0);
      assert.ok(await page.locator("#none").isVisible());
    });
  },
  async "an address with a filter shows what was filtered, one with a case opens it"() {
    await open("failing.html", { hash: "#outcome=failed&text=okta" }, async (page) => {
      assert.ok(await page.locator("input[value=failed]").isChecked());
      assert.equal(await page.locator("#q").inputValue(), "okta");
      const failed = await shown(page);
      assert.ok(failed > 0 && failed < 20, `${failed} shown`);
      // A link to a case that is filtered out brings it back.
      const link = page.locator(".list a").last();
      await page.locator("details.list").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
      const name = (await link.getAttribute("href")).slice(1);
      await link.click();
      await page.waitForFunction((id) => document.getElementById(id).open, name);
      assert.ok(await page.locator(`[id="${name}"]`).isVisible());
    });
  },
  async "commands are copied"() {
    await open("failing.html", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const line = page.locator("#violations .cmd").first();
      await line.locator("button").click();
      await page.waitForFunction(() => document.getElementById("said").textContent === "Copied");
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await line.locator("code").innerText());
    });
  },
  async "keys search, go through the cases, and skip to the report"() {
    await open("failing.html", {}, async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the report");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), "main");
      await page.keyboard.press("/");
      assert.equal(await page.evaluate(() => document.activeElement.id), "q");
      await page.keyboard.press("Escape");
      await page.keyboard.press("j");
      const first = await page.evaluate(() => document.activeElement.parentElement.id);
      await page.keyboard.press("j");
      const second = await page.evaluate(() => document.activeElement.parentElement.id);
      assert.ok(first && second && first !== second, `${first}, ${second}`);
      await page.keyboard.press("k");
      assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), first);
      await page.keyboard.press("Enter");
      assert.ok(await page.evaluate(() => document.activeElement.parentElement.open));
    });
  },
  async "the theme can be chosen, and is the system's before"() {
    await open("right.html", { colorScheme: "dark" }, async (page) => {
      const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const dark = await background();
      await page.locator("#theme").click();
      const light = await background();
      assert.notEqual(dark, light);
      await page.locator("#theme").click();
      assert.equal(await background(), dark);
    });
  },
  async "the policy lets nothing else in"() {
    await open("right.html", {}, async (page) => {
      const done = await page.evaluate(async () => {
        const script = document.createElement("script");
        script.textContent = "window.entered = true";
        document.body.append(script);
        const holder = document.createElement("div");
        holder.innerHTML = "<p style='color: red' onclick='window.entered = true'>x</p>";
        document.body.append(holder);
        holder.firstChild.click();
        const colour = getComputedStyle(holder.firstChild).color;
        const fetched = await fetch("https://example.com/").then(() => true, () => false);
        return { entered: Boolean(window.entered), red: colour === "rgb(255, 0, 0)", fetched };
      });
      assert.deepEqual(done, { entered: false, red: false, fetched: false });
    }).catch((error) => {
      // The refusals are told on the console: those, and nothing but those, are wanted here.
      const told = error.actual;
      if (!Array.isArray(told)) throw error;
      assert.ok(told.length >= 4 && told.every((line) => /Content Security Policy|Refused/.test(line)), told.join("\n"));
    });
  },
  async "it can be read and opened without scripts"() {
    await open("failing.html", { javaScriptEnabled: false, viewport: phone }, async (page) => {
      assert.ok(!(await page.locator("#filter").isVisible()) && !(await page.locator("#theme").isVisible()));
      assert.ok(await page.locator("#violations .x mark").first().isVisible());
      const one = page.locator(".c").first();
      await one.locator(":scope > summary").click();
      assert.ok(await one.locator(":scope > p").first().isVisible());
    });
  },
  async "1,000 cases are usable within a second"() {
    await open("large.html", {}, async (page, took) => {
      assert.equal(await page.locator(".c").count(), 1000);
      const began = Date.now();
      await page.locator("input[value=passed]").check();
      const filtered = Date.now() - began;
      await page.locator("#q").fill("lifecycle");
      const searched = Date.now() - began - filtered;
      console.log(`  opened in ${took} ms, filtered in ${filtered} ms, searched in ${searched} ms`);
      assert.ok(took < 1000 && filtered < 1000 && searched < 1000);
      const packed = page.locator(".c:has(> .later):visible").first();
      const name = await packed.getAttribute("id");
      await packed.locator(":scope > summary").click();
      await page.waitForSelector(`[id="${name}"] > div .trail`);
    });
  },
};
for (const name of ["right.html", "failing.html"]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries({ phone, desktop })) {
      tests[`${name} is accessible on a ${device}, ${colorScheme}`] = () => open(name, { viewport, colorScheme }, async (page) => {
        await noSidewaysScroll(page);
        await page.locator("details:not(.c)").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
        await page.locator(".c").evaluateAll((all) => all.slice(0, 3).forEach((one) => { one.open = true; }));
        await noSidewaysScroll(page);
        await noAxeViolation(page);
      });
    }
  }
}

let failures = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log("ok    " + name);
  } catch (error) {
    failures += 1;
    console.log("FAIL  " + name + "\n" + (error.stack || error));
  }
}
await browser.close();
console.log(`${Object.keys(tests).length} tests, ${failures} failed`);
process.exit(failures ? 1 : 0);
