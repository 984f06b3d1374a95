/** How long cql-execution takes a patient, warm, in this process: one line of JSON. */

import { command, linesOf, Misuse, parseJson, readText } from "./lib/command.mjs";

const usage = "node bench.mjs --elm FILE.json [--elm ...] --bundles FILE.ndjson --valuesets FILE.json";
const options = {
  elm: { type: "string", multiple: true },
  bundles: { type: "string" },
  valuesets: { type: "string" },
};

await command(usage, options, async ({ values, print }) => {
  if (!values.elm || !values.bundles || !values.valuesets) throw new Misuse("something is missing");
  const { codeTable } = await import("../../review/js/value-sets.mjs");
  const { createEngine } = await import("../../review/js/engine.mjs");
  const libraries = values.elm.map((file) => parseJson(readText(file), file));
  const evaluate = createEngine(libraries, codeTable(parseJson(readText(values.valuesets), values.valuesets)));
  const bundles = linesOf(readText(values.bundles)).map((line) => JSON.parse(line));
  for (const bundle of bundles.slice(0, 20)) await evaluate(bundle);
  const start = performance.now();
  for (const bundle of bundles) await evaluate(bundle);
  print({ patients: bundles.length, seconds: (performance.now() - start) / 1000 });
  return 0;
});
