/** FHIR ValueSets in, the code table of cql-execution out. Only enumerated sets: nothing here can expand a filter. */

import { Misuse } from "./misuse.mjs";

/**
 * @typedef {{code: string, system: string, version?: string}} Code
 * @param {object[]} valueSets FHIR ValueSet resources with an expansion, or with concepts in compose.include
 * @returns {Record<string, Record<string, Code[]>>} codes by url and version
 */
export function codeTable(valueSets) {
  if (!Array.isArray(valueSets)) throw new Misuse("value sets: not an array");
  const table = {};
  for (const valueSet of valueSets) {
    if (valueSet?.resourceType !== "ValueSet" || !valueSet.url) throw new Misuse("value sets: a ValueSet with a url is needed");
    const versions = (table[valueSet.url] ??= {});
    const version = valueSet.version ?? "";
    if (version in versions) throw new Misuse(`${valueSet.url}|${version}: given twice`);
    versions[version] = codes(valueSet);
  }
  return table;
}

function codes({ url, expansion, compose }) {
  if (expansion) return selectable(expansion.contains ?? []);
  const includes = compose?.include ?? [];
  const enumerated = includes.every((include) => include.system && include.concept && !include.valueSet);
  if (!includes.length || !enumerated || compose.exclude) throw new Misuse(`${url}: neither expanded nor enumerated`);
  return includes.flatMap(({ system, version, concept }) => concept.map(({ code }) => ({ code, system, version })));
}

function selectable(contains) {
  return contains.flatMap(({ abstract, code, system, version, contains: nested = [] }) => [
    ...(code && !abstract ? [{ code, system, version }] : []),
    ...selectable(nested),
  ]);
}
