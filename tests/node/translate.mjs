/** CQL files to ELM: one line of JSON for each file. */

import { command, Misuse, readText } from "./lib/command.mjs";

const usage = "node translate.mjs --model-info DIR [--errors-only] [--annotations] FILE.cql...";
const options = {
  "model-info": { type: "string" },
  "errors-only": { type: "boolean" },
  annotations: { type: "boolean" },
};

await command(usage, options, async ({ values, positionals, print }) => {
  const modelInfo = values["model-info"];
  if (!modelInfo) throw new Misuse("--model-info: which folder holds the model info?");
  if (!positionals.length) throw new Misuse("no CQL file given");
  const texts = positionals.map((file) => [file, readText(file)]);

  const { createTranslator } = await import("./lib/translator.mjs");
  const translate = createTranslator(modelInfo, { annotations: values.annotations });
  let code = 0;
  for (const [file, text] of texts) {
    const { errors, warnings, elm } = translate(text);
    print({ file, errors, warnings, ...(values["errors-only"] ? {} : { elm }) });
    if (errors.length) code = 1;
  }
  return code;
});
