/** Run a CQL library over Bundles with cql-execution: one line of JSON for each line. */

import { command, linesOf, Misuse, parseJson, readText } from "./lib/command.mjs";

const usage = "node run.mjs --elm FILE.json [--elm ...] --bundles FILE.ndjson [--valuesets FILE.json]";
const options = {
  elm: { type: "string", multiple: true },
  bundles: { type: "string" },
  valuesets: { type: "string" },
};

await command(usage, options, async ({ values, positionals, print }) => {
  if (!values.elm) throw new Misuse("--elm: which library?");
  if (!values.bundles) throw new Misuse("--bundles: which patients?");
  if (positionals.length) throw new Misuse(`${positionals[0]}: not expected`);
  const libraries = values.elm.flatMap(elmOf);
  const valueSets = values.valuesets ? parseJson(readText(values.valuesets), values.valuesets) : [];
  const lines = linesOf(readText(values.bundles));

  const { codeTable } = await import("../../review/js/value-sets.mjs");
  const { createEngine } = await import("../../review/js/engine.mjs");
  const evaluate = createEngine(libraries, codeTable(valueSets));
  let code = 0;
  for (const line of lines) {
    try {
      print(await evaluate(JSON.parse(line)));
    } catch (error) {
      print({ error: String(error.message ?? error).trim().replace(/\s+/g, " ") });
      code = 1;
    }
  }
  return code;
});

/** The libraries of a file: one ELM, or the lines that translate.mjs prints. */
function elmOf(file) {
  const text = readText(file);
  const lines = linesOf(text);
  const documents = lines[0]?.trimEnd().endsWith("}") ? lines : [text];
  return documents.map((document) => {
    const value = parseJson(document, file);
    const elm = value?.elm ?? value;
    if (!elm?.library?.identifier) throw new Misuse(`${file}: holds something that is no ELM library`);
    return elm;
  });
}
