/**
 * The script of the page "Try a patient", bundled: node build.mjs [FOLDER], by default review/static.
 *
 * Same packages, same bytes: a test builds it anew and compares. Beside it goes a file with the licences of what is in it.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cut } from "./model-info.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "..", "static"));
const require = createRequire(import.meta.url);

/** What Node brings and these libraries only use where they run in Node. */
const BUILTINS = /^(fs|util|node:util|stream|string_decoder|timers)$/;
const MODEL_INFO = /fhir-modelinfo-([\d.]+)\.xml\.js$/;

const forBrowsers = {
  name: "for-browsers",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: BUILTINS }, ({ path }) => ({ path, namespace: "builtin" }));
    onLoad({ filter: /.*/, namespace: "builtin" }, () => ({ contents: "module.exports = {};" }));
    onResolve({ filter: /^@lhncbc\/ucum-lhc$/ }, () => ({ path: join(here, "no-units.js") }));
    onLoad({ filter: MODEL_INFO }, ({ path }) => {
      const version = MODEL_INFO.exec(path)[1];
      const xml = version === "4.0.1" ? cut(require(path)) : "";
      return { contents: `module.exports = ${JSON.stringify(xml)};` };
    });
  },
};

const { outputFiles, metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["try.mjs"],
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "none",
  loader: { ".json": "json" },
  metafile: true,
  minify: true,
  outfile: "try.js",
  platform: "browser",
  plugins: [forBrowsers],
  target: "es2022",
  write: false,
});
writeFileSync(join(out, "try.js"), outputFiles[0].contents);
writeFileSync(join(out, "try.LICENSES.txt"), licences(Object.keys(metafile.inputs)));

/** The licence of every package that gave a file, by name; ours is not among them. */
function licences(inputs) {
  const folders = new Set(inputs.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE"].map((each) => join(here, folder, each)).find(existsSync);
    if (!file && !license) throw new Error(`${relative(here, folder)}: no licence found`);
    const text = file ? readFileSync(file, "utf8").replace(/\r\n/g, "\n").trim() : `Under ${license}; the package has no text of it.`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const helpers = "FHIRHelpers 4.0.1, translated to ELM (Apache-2.0)\n\nFrom the CQL translator's project, clinical_quality_language.\n";
  return [helpers, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}
