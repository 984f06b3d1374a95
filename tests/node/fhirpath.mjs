/** Evaluate FHIRPath conditions over Bundles with fhirpath.js: one line of JSON for each line. */

import { command, linesOf, Misuse, parseJson, readText } from "./lib/command.mjs";

const usage = "node fhirpath.mjs --expressions FILE.json --bundles FILE.ndjson";
const options = { expressions: { type: "string" }, bundles: { type: "string" } };

await command(usage, options, async ({ values, print }) => {
  if (!values.expressions) throw new Misuse("--expressions: a file with an object, name -> expression");
  if (!values.bundles) throw new Misuse("--bundles: which patients?");
  const expressions = parseJson(readText(values.expressions), values.expressions);
  const lines = linesOf(readText(values.bundles));

  const { default: fhirpath } = await import("fhirpath");
  const { default: r4 } = await import("fhirpath/fhir-context/r4/index.js");
  const compiled = Object.entries(expressions).map(([name, text]) => [name, fhirpath.compile(text, r4)]);
  for (const line of lines) {
    const bundle = JSON.parse(line);
    const answers = compiled.map(([name, evaluate]) => [name, single(evaluate(bundle, { resource: bundle }))]);
    print(Object.fromEntries(answers));
  }
  return 0;
});

/** A condition's answer: null where it is empty. */
function single(values) {
  return values.length ? values[0] : null;
}
