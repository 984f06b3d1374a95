/**
 * "Try a patient": facts by switches, or a record from the disk, and what every option answers, by the ELM that ships.
 *
 * The page carries the form; the site's `try-data.js` what is asked and told. Text is only ever set as text.
 */

import helpers from "./FHIRHelpers-4.0.1.json";
import { createEngine } from "./engine.mjs";
import { faultsOf } from "./record.mjs";
import { codeTable } from "./value-sets.mjs";

const OPEN = "not-known";
const WARM_UP = 12;
const data = globalThis.cervicalOptions;
const form = document.getElementById("facts");
const results = document.getElementById("results");
const summary = document.getElementById("summary");
const faults = document.getElementById("faults");
const file = document.getElementById("file");
const written = document.getElementById("written");
const recordPart = document.getElementById("record");
const readFacts = document.getElementById("read-facts");

const evaluate = createEngine([data.elm, helpers], codeTable(data.valueSets), asked());
let record = null; // {name, bundle}: what is answered instead of the switches
let latest = 0;

for (const name of ["change", "reset"]) form.addEventListener(name, () => setTimeout(switched));
file.addEventListener("change", () => file.files[0] && loaded(file.files[0]));
written.addEventListener("change", () => written.value && go(`patient=${written.value}`));
document.getElementById("to-switches").addEventListener("click", toSwitches);
addEventListener("hashchange", fromLink);
fromLink().then(warmUp);

/** The browser makes code fast that has run a few times; better before the first switch than at it. */
async function warmUp() {
  document.body.dataset.ready = "";
  for (let round = 0; round < WARM_UP; round += 1) {
    await new Promise((resolve) => setTimeout(resolve));
    await evaluate(bundleOf(values()));
  }
  document.body.dataset.warm = "";
}

/** The defines whose answers are shown. */
function asked() {
  const ofOptions = data.options.flatMap(({ outcomes, missing, closed }) => [
    ...Object.keys(outcomes),
    ...Object.keys(missing),
    ...Object.keys(closed),
  ]);
  return [...ofOptions, ...data.facts.flatMap(({ begin }) => ["True", "False", "Conflicting"].map((end) => begin + end))];
}

// ---- What is asked: switches, or a record

function values() {
  return new Map(data.facts.map(({ id }) => [id, form.elements[id].value || OPEN]));
}

/** The records that `cervical-options record` makes of these answers, as one Bundle. */
function bundleOf(answers) {
  const records = [...answers].map(([fact, answer]) => ({ resource: data.records[fact][answer] }));
  return { resourceType: "Bundle", type: "collection", entry: [{ resource: data.patient }, ...records] };
}

async function switched() {
  record = null;
  const known = [...values()].filter(([, answer]) => answer !== OPEN);
  history.replaceState(null, "", `#${new URLSearchParams(known)}`);
  await answer();
}

function go(link) {
  history.replaceState(null, "", `#${link}`);
  return fromLink();
}

async function fromLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  const name = link.get("patient");
  written.value = name ?? "";
  if (name !== null) return openWritten(name);
  for (const { id } of data.facts) {
    const wanted = link.get(id);
    form.elements[id].value = data.records[id][wanted] ? wanted : OPEN;
  }
  const strange = [...link.keys()].filter((id) => !data.records[id]);
  record = null;
  await answer();
  if (strange.length) refuse(strange.map((id) => `the link: ${id} is no fact; mend it`), true);
}

async function openWritten(name) {
  try {
    await patients();
  } catch (error) {
    return refuse([error.message]);
  }
  const found = globalThis.cervicalOptionsPatients.find((each) => each.name === name);
  if (!found) return refuse([`${name}: no written patient of that name; choose one`]);
  record = { name: found.title, bundle: found.bundle };
  return answer();
}

/** The written patients come when they are first asked for. */
function patients() {
  if (globalThis.cervicalOptionsPatients) return undefined;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "try-patients.js";
    script.onload = resolve;
    script.onerror = () => reject(new Error("try-patients.js is not beside this page; make the pages anew"));
    document.head.append(script);
  });
}

async function loaded(chosen) {
  written.value = "";
  history.replaceState(null, "", "#");
  let bundle;
  try {
    bundle = JSON.parse(await chosen.text());
  } catch (error) {
    return refuse([`${chosen.name}: not JSON (${error.message}); mend it`]);
  } finally {
    file.value = ""; // so that the same file can be chosen again
  }
  record = { name: chosen.name, bundle };
  await answer();
}

/** Go on by switches, from the facts that the record tells. */
async function toSwitches() {
  for (const row of readFacts.querySelectorAll("[data-fact]")) {
    const said = { true: "yes", false: "no" }[row.dataset.truth];
    form.elements[row.dataset.fact].value = said ?? OPEN;
  }
  written.value = "";
  await switched();
  form.elements[data.facts[0].id][0].focus();
}

// ---- What is told

async function answer() {
  const turn = ++latest;
  const begun = performance.now();
  const bundle = record ? record.bundle : bundleOf(values());
  const wrong = faultsOf(bundle, data.rules);
  if (wrong.length) return refuse(wrong.map((each) => `${record.name}: ${each}`));
  let told;
  try {
    told = (await evaluate(bundle)).results;
  } catch (error) {
    return refuse([`${record?.name ?? "the switches"}: the logic can't answer (${error.message}); report it`]);
  }
  if (turn !== latest) return undefined; // a later question was asked meanwhile
  show(told);
  performance.measure("answer", { start: begun });
  return undefined;
}

function show(told) {
  faults.replaceChildren();
  const answers = data.options.map((option) => answered(option, told));
  results.replaceChildren(...answers.map(resultOf));
  recordPart.hidden = !record;
  form.hidden = Boolean(record);
  document.getElementById("record-name").textContent = record?.name ?? "";
  readFacts.replaceChildren(...data.facts.map((fact) => factOf(fact, told)));
  const counts = Object.entries(data.headings).map(
    ([outcome, heading]) => `${heading}: ${answers.filter((each) => each.outcome === outcome).length}`,
  );
  summary.textContent = `${counts.join(". ")}.`;
  document.body.dataset.turn = String(latest);
}

function refuse(reasons, keep = false) {
  if (!keep) {
    latest += 1;
    results.replaceChildren();
    recordPart.hidden = true;
    form.hidden = false;
    summary.textContent = "Nothing is answered.";
  }
  faults.replaceChildren(...reasons.map((text) => element("li", { text })));
  document.body.dataset.turn = String(latest);
}

/** An option's outcome and why, from the defines; exactly one outcome holds. */
function answered(option, told) {
  const outcomes = Object.entries(option.outcomes).filter(([define]) => told[define]);
  if (outcomes.length !== 1) throw new Error(`${option.id}: ${outcomes.length} outcomes at once`);
  const [[, outcome]] = outcomes;
  const those = (facts) => Object.entries(facts).filter(([define]) => told[define]);
  return { option, outcome, missing: those(option.missing), closed: those(option.closed) };
}

function resultOf({ option, outcome, missing, closed }) {
  const why = [...missing, ...closed].map(([, { title }]) => element("li", { text: title }));
  const met = outcome === "offered" ? [element("p", { text: option.condition, className: "soft" })] : [];
  const of = (facts) => facts.map(([, { fact }]) => fact).join(" ");
  const title = element("a", { text: option.title, href: `option-${option.id}.html` });
  const badge = element("span", { text: data.headings[outcome], className: `outcome ${outcome}` });
  return element("li", {
    dataset: { option: option.id, outcome, missing: of(missing), closed: of(closed) },
    children: [
      element("h3", { children: [title, " ", badge] }),
      ...met,
      ...(why.length ? [element("ul", { children: why })] : []),
    ],
  });
}

function factOf({ id, name, begin }, told) {
  const truth = ["True", "False", "Conflicting"].find((end) => told[begin + end])?.toLowerCase() ?? "unknown";
  const words = { true: "yes", false: "no", conflicting: "recorded both ways, so not known", unknown: "not known" };
  return element("tr", {
    dataset: { fact: id, truth },
    children: [element("th", { text: name, scope: "row" }), element("td", { text: words[truth] })],
  });
}

function element(tag, { text, children, dataset, ...properties }) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, dataset);
  if (text !== undefined) made.textContent = text;
  made.append(...(children ?? []));
  return made;
}
