/** What the commands of this folder share: arguments, files, exit codes. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Misuse } from "../../../review/js/misuse.mjs";

export { Misuse }; // here its exit code is 2

/**
 * Run a command: data goes to stdout, talk (also that of libraries) to stderr, the code of `main` is the exit code.
 *
 * @param {string} usage one line, shown with every misuse
 * @param {object} options as for `parseArgs` of node:util
 * @param {(call: {values: object, positionals: string[], print: (data: unknown) => void}) => Promise<number>} main
 */
export async function command(usage, options, main) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.on("error", () => process.exit(2)); // whoever read this has gone
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const print = (data) => write(`${JSON.stringify(data)}\n`);
  try {
    process.exitCode = await main({ ...parsed(options), print });
  } catch (error) {
    const missing = error.code === "ERR_MODULE_NOT_FOUND";
    if (!missing && !(error instanceof Misuse)) throw error;
    console.error(missing ? "packages are missing: run npm ci first" : `${error.message}\nusage: ${usage}`);
    process.exitCode = 2;
  }
}

function parsed(options) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Misuse(error.message);
  }
}

/** The text of a file, without a byte order mark. */
export function readText(file) {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new Misuse(`${file}: cannot be read (${error.code})`);
  }
}

/** The value of a JSON text; `file` says where it is from. */
export function parseJson(text, file) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Misuse(`${file}: not JSON (${error.message})`);
  }
}

/** The lines of a text; the end of the last line begins no further one. */
export function linesOf(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
