// Opens a report from disk in Chromium, as an auditor would, and checks what only a browser can
// tell: node check.mjs REPORT_DIR [--all]
//
//  - no console message, no page error, no violation of the content security policy
//  - no request leaves the folder
//  - axe-core finds nothing, in light at full width and in dark at phone width
//  - nothing is wider than the window, down to 320 pixels
//  - the page is complete without script; the search works with it
//  - it prints, with a skip link first in the tab order
//
// Exit code: 0 nothing found, 1 something found, 2 could not run. CHROMIUM names the browser.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, ...flags] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node check.mjs REPORT_DIR [--all]");
  process.exit(2);
}
const root = resolve(folder);
const rootUrl = pathToFileURL(root).href + "/";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const findings = [];
const found = (page, what) => findings.push(`${relative(root, page)}: ${what}`);

function pages(at) {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    return entry.isDirectory() ? pages(path) : path.endsWith(".html") ? [path] : [];
  });
}

/// Every page at the top; of each folder the heaviest few and a spread of the rest.
function choose(all) {
  if (flags.includes("--all")) return all;
  const folders = new Map();
  for (const page of all) {
    const key = relative(root, page).split("/").slice(0, -1).join("/").replace(/^control\/.*/, "control/*");
    folders.set(key, [...(folders.get(key) ?? []), page]);
  }
  return [...folders].flatMap(([key, inside]) => {
    if (key === "") return inside;
    const heavy = [...inside].sort((a, b) => statSync(b).size - statSync(a).size).slice(0, 2);
    const step = Math.max(1, Math.floor(inside.length / 4));
    return [...new Set([...heavy, ...inside.filter((_, at) => at % step === 0).slice(0, 4)])];
  });
}

let browser;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
} catch (error) {
  console.error(`could not start Chromium: ${error.message}`);
  process.exit(2);
}

/// A window of its own; whatever it complains of is laid at the door of the page it shows.
async function window(options) {
  const context = await browser.newContext(options);
  // A machine that does much else besides loads a page slowly; what hangs is found all the same.
  context.setDefaultNavigationTimeout(120_000);
  const page = await context.newPage();
  let path = root;
  page.on("console", (message) => found(path, `console: ${message.text()}`));
  page.on("pageerror", (error) => found(path, `error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(rootUrl) && !url.startsWith("data:")) found(path, `request to ${url}`);
  });
  page.on("requestfailed", (request) => found(path, `failed: ${request.url()}`));
  const show = async (next) => {
    path = next;
    await page.goto(pathToFileURL(path).href);
  };
  return { page, show, close: () => context.close() };
}

const looks = [
  { name: "light, wide", axe: true, options: { viewport: { width: 1280, height: 900 }, colorScheme: "light" } },
  { name: "dark, phone", axe: true, options: { viewport: { width: 390, height: 844 }, colorScheme: "dark" } },
  { name: "light, narrow", options: { viewport: { width: 320, height: 640 }, colorScheme: "light" } },
  { name: "dark, wide", options: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" } },
];

const all = pages(root).sort();
if (!all.length) {
  console.error(`${root} holds no page`);
  process.exit(2);
}
const chosen = choose(all);
let rules = 0;
for (const look of looks) {
  const { page, show, close } = await window(look.options);
  for (const path of chosen) {
    await show(path);
    const overflow = await page.evaluate(() => {
      const limit = document.documentElement.clientWidth;
      const wide = document.documentElement.scrollWidth - limit;
      const guilty = [...document.querySelectorAll("main *")].find(
        (one) => one.getBoundingClientRect().right > limit + 1,
      );
      return wide > 0 ? `${wide}px, ${guilty ? guilty.tagName + "." + guilty.className : "?"}` : "";
    });
    if (overflow) found(path, `${look.name}: wider than the window (${overflow})`);
    if (!look.axe) continue;
    await page.evaluate(axe);
    const result = await page.evaluate(() =>
      axe.run(document, { resultTypes: ["violations"], preload: false }),
    );
    rules = Math.max(rules, result.passes.length + result.violations.length);
    for (const violation of result.violations) {
      const where = violation.nodes.slice(0, 2).map((node) => node.target.join(" ")).join("; ");
      found(path, `${look.name}: axe ${violation.impact} ${violation.id} (${violation.nodes.length}): ${where}`);
    }
  }
  await close();
}

const cover = join(root, "index.html");
{
  const { page, show, close } = await window({ javaScriptEnabled: false });
  await show(cover);
  if (await page.locator("#search").isVisible()) found(cover, "the search shows without script");
  if (!(await page.locator("main h1").isVisible())) found(cover, "no heading without script");
  await close();
}
const criterion = basename(all.findLast((one) => relative(root, one).startsWith("criterion/")) ?? "", ".html");
for (const path of [cover, all.find((one) => relative(root, one).startsWith("control/"))].filter(Boolean)) {
  const { page, show, close } = await window(looks[0].options);
  await show(path);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.getAttribute("href"));
  if (first !== "#main") found(path, `the first stop of the tab key is ${first}`);
  await page.locator("#query").fill(criterion);
  const hit = page.locator(`#hits-list a[href$="criterion/${criterion}.html"]`);
  try {
    await hit.waitFor({ timeout: 5000 });
    await page.evaluate(axe);
    const result = await page.evaluate(() => axe.run("#search", { preload: false }));
    for (const violation of result.violations) found(path, `search: axe ${violation.impact} ${violation.id}`);
    await hit.click();
    const heading = await page.locator("main h1").textContent();
    if (!heading.includes(criterion)) found(path, `the search for ${criterion} leads to ${heading}`);
  } catch (error) {
    found(path, `the search for ${criterion}: ${error.message.split("\n")[0]}`);
  }
  await close();
}
let sheets = 0;
{
  const { page, show, close } = await window(looks[3].options);
  await show(cover);
  const pdf = await page.pdf({ format: "A4" });
  sheets = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
  if (!sheets) found(cover, "nothing is printed");
  await close();
}
await browser.close();

for (const finding of findings) console.log(finding);
console.log(
  `${chosen.length} of ${all.length} pages opened in ${looks.length} looks, ${rules} accessibility rules, ` +
    `the cover prints on ${sheets} sheets: ${findings.length ? findings.length + " findings" : "nothing found"}`,
);
process.exit(findings.length ? 1 : 0);
