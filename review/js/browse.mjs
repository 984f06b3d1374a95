/**
 * The pages in a real browser: node browse.mjs TASK --site DIR [--chromium FILE] [...], one JSON on stdout.
 *
 * pages      every page: console, requests, broken links, what axe-core finds, what does not fit on paper; --shots DIR,
 *            --quick without axe-core
 * patients   what "Try a patient" answers to each line of --bundles FILE.ndjson, loaded as a file
 * links      the same for each line of --links FILE, as the page's fragment
 * keyboard   a fact set and a page reached by keys alone
 * signoff    what is kept and exported
 * time       milliseconds of each of --rounds switches
 */

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    site: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    bundles: { type: "string" },
    links: { type: "string" },
    shots: { type: "string" },
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "60" },
  },
});
const site = resolve(values.site);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = (page) => `${pathToFileURL(site)}/${page}`;
const SERIOUS = new Set(["serious", "critical"]);
const PAPER = 688; // CSS pixels between the margins of A4

const tasks = { pages, patients, links, keyboard, signoff, time };
const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
try {
  console.log(JSON.stringify(await tasks[positionals[0]]()));
} finally {
  await browser.close();
}

/** A page of the site, and what it says and asks for. */
async function opened(viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const heard = [];
  page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => heard.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    return dialog.accept();
  });
  page.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) heard.push(`request: ${request.url()}`);
  });
  return { page, heard, context };
}

async function pages() {
  const files = readdirSync(site).filter((file) => file.endsWith(".html")).sort();
  const { page, heard } = await opened();
  const found = {};
  const links = [];
  for (const file of files) {
    heard.length = 0;
    await page.goto(address(file));
    if (file === "try.html") await page.waitForSelector("body[data-warm]");
    links.push(...(await page.$$eval("a[href]", (all) => all.map((a) => a.getAttribute("href")))).map((to) => [file, to]));
    const ids = await page.$$eval("[id]", (all) => all.map((each) => each.id));
    const assets = await page.$$eval("[src], link[rel=stylesheet]", (all) =>
      all.map((each) => each.getAttribute("src") ?? each.getAttribute("href")),
    );
    if (!values.quick) await page.evaluate(axe);
    const { violations } = values.quick ? { violations: [] } : await page.evaluate(() => axe.run({ preload: false }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (values.shots) await page.screenshot({ path: join(values.shots, `${file}.png`), fullPage: true });
    await page.setViewportSize({ width: 390, height: 800 });
    const wideOnPhone = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (values.shots) await page.screenshot({ path: join(values.shots, `${file}.phone.png`), fullPage: true });
    await page.setViewportSize({ width: PAPER, height: 900 });
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const cut = await page.evaluate(cutOnPaper);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    if (values.shots) await page.pdf({ path: join(values.shots, `${file}.pdf`), preferCSSPageSize: true });
    await page.emulateMedia({ media: "screen" });
    await page.setViewportSize({ width: 1280, height: 900 });
    found[file] = {
      heard: [...heard],
      serious: violations.filter(({ impact }) => SERIOUS.has(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      wide,
      wideOnPhone,
      cut,
      assets,
      ids,
    };
  }
  return { pages: found, links };
}

/** Texts that a sheet of paper would not show: outside of it, or folded. Runs in the page. */
function cutOnPaper() {
  const cut = [];
  const width = document.documentElement.clientWidth;
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode: text } = walker;
    const parent = text.parentElement;
    if (!text.data.trim() || parent.closest(".screen-only, .no-print, .unseen, noscript, [hidden], select, script")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const { right, height } = range.getBoundingClientRect();
    if (height === 0 || right > width + 1) cut.push(text.data.trim().slice(0, 60));
  }
  return cut;
}

async function tryPage(link = "") {
  const found = await opened();
  await found.page.goto(address(`try.html${link}`));
  await found.page.waitForSelector("body[data-warm]");
  return found;
}

function turn(page) {
  return page.getAttribute("body", "data-turn");
}

function turned(page, before) {
  return page.waitForFunction((old) => document.body.dataset.turn !== old, before);
}

/** What the page shows. Runs in the page. */
function told() {
  const words = (text) => text.split(" ").filter(Boolean);
  const options = [...document.querySelectorAll("#results > li")].map(({ dataset }) => [
    dataset.option,
    { outcome: dataset.outcome, missing: words(dataset.missing), closedBy: words(dataset.closed) },
  ]);
  const faults = [...document.querySelectorAll("#faults > li")].map((each) => each.textContent);
  return { options: Object.fromEntries(options), faults };
}

async function patients() {
  const { page, heard } = await tryPage();
  const answers = [];
  for (const line of readFileSync(values.bundles, "utf8").split("\n").filter(Boolean)) {
    const before = await turn(page);
    await page.setInputFiles("#file", { name: "bundle.json", mimeType: "application/json", buffer: Buffer.from(line) });
    await turned(page, before);
    answers.push(await page.evaluate(told));
  }
  return { answers, heard };
}

async function links() {
  const { page, heard } = await tryPage();
  const answers = [];
  for (const link of readFileSync(values.links, "utf8").split("\n").filter(Boolean)) {
    const before = await turn(page);
    await page.evaluate((hash) => (location.hash = hash), link);
    await turned(page, before);
    answers.push(await page.evaluate(told));
  }
  return { answers, heard };
}

async function keyboard() {
  const { page, heard } = await opened();
  await page.goto(address("index.html"));
  const reach = async (selector) => {
    for (let presses = 0; presses < 200; presses += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    throw new Error(`${selector} is not reached by Tab`);
  };
  await reach("nav a[href='try.html']");
  await Promise.all([page.waitForURL(/try\.html/), page.keyboard.press("Enter")]);
  await page.waitForSelector("body[data-warm]");
  await reach("input[name='recurrent-cervical-cancer']");
  const before = await turn(page);
  await page.keyboard.press("ArrowLeft"); // not known is last, so no
  await turned(page, before);
  const second = await turn(page);
  await page.keyboard.press("ArrowLeft"); // yes
  await turned(page, second);
  return { ...(await page.evaluate(told)), link: new URL(page.url()).hash, heard };
}

async function signoff() {
  const { page, heard } = await opened();
  await page.goto(address("signoff.html"));
  await page.fill("input[name='reviewer']", "A <b>reviewer</b>");
  await page.check("input[name='R-01'][value='agree']");
  await page.check("input[name='S-49'][value='disagree']");
  await page.fill("textarea[name='S-49-comment']", "Say which test.");
  await page.reload();
  const progress = await page.textContent("#progress");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
  const exported = JSON.parse(readFileSync(await download.path(), "utf8"));
  await page.click("#clear");
  return { progress, exported, cleared: await page.textContent("#progress"), heard };
}

async function time() {
  const { page } = await tryPage();
  await page.evaluate(() => performance.clearMeasures());
  const names = await page.$$eval("fieldset[data-fact]", (all) => all.map((each) => each.dataset.fact));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const name = names[round % names.length];
    const value = ["yes", "no", "not-known"][Math.floor(round / names.length) % 3];
    const input = page.locator(`input[name="${name}"][value="${value}"]`);
    if (await input.isChecked()) continue;
    const before = await turn(page);
    await input.check();
    await turned(page, before);
  }
  return page.evaluate(() => performance.getEntriesByName("answer").map(({ duration }) => duration));
}
