/** ELM and a Bundle in, the answers of defines out, as cql-execution gives them: on the pages, and in the tests. */

import cql from "cql-execution";
import cqlFhir from "cql-exec-fhir";
import equality from "cql-execution/lib/util/immutableUtil.js";
import { Misuse } from "./misuse.mjs";
import { asStored } from "./stored.mjs";

const KEPT = Symbol("kept");

const BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean";

/**
 * @param {object[]} libraries ELM: first the library to run, then those that it includes
 * @param {Record<string, Record<string, object[]>>} codes as `codeTable` makes it
 * @param {string[]} [asked] the defines to answer; without it, all
 * @returns {(bundle: object) => Promise<{patient: string | null, results: Record<string, boolean | null>}>}
 */
export function createEngine(libraries, codes, asked) {
  mustHold(libraries, codes);
  const library = new cql.Library(libraries[0], new cql.Repository(libraries));
  if (asked) answerOnly(library, asked);
  const executor = new cql.Executor(library, new cql.CodeService(codes), unset(libraries[0]));
  const patients = cqlFhir.PatientSource.FHIRv401();
  const wrapper = cqlFhir.FHIRWrapper.FHIRv401();
  typeContained(wrapper);
  readOnce(wrapper, patients);
  return async (bundle) => {
    const patient = onlyPatient(bundle);
    const { id } = patient;
    const stored = asStored(bundle, patient);
    patients.reset();
    patients.loadBundles([stored]);
    const drafts = draftOrders(stored).map((resource) => wrapper.wrap(resource));
    const parameters = drafts.length ? { ...unset(libraries[0]), draftOrders: drafts } : unset(libraries[0]);
    const { patientResults } = await executor.withParameters(parameters).exec(patients);
    const [results] = Object.values(patientResults);
    return { patient: id ? `Patient/${id}` : null, results: booleans(results, libraries[0]) };
  };
}

/** A contained resource is of its own type; cql-exec-fhir 2.2 makes a bare Resource of it, which has no code. */
function typeContained(wrapper) {
  const objects = Object.getPrototypeOf(wrapper.wrap({ resourceType: "Patient" }));
  const { get } = objects;
  if (objects[KEPT]) return; // the prototype is shared: once is enough
  objects.get = function (field) {
    return field === "contained" ? this._json.contained?.map((resource) => wrapper.wrap(resource)) : get.call(this, field);
  };
}

/** The executor answers each expression that it can list; the others are still found where one of these names them. */
function answerOnly(library, asked) {
  for (const name of Object.keys(library.expressions)) {
    if (!asked.includes(name)) Object.defineProperty(library.expressions, name, { enumerable: false });
  }
}

/**
 * A record does not change while it is read, so each element of it is read once, each type of record is sought once for
 * a patient, and what makes a record distinct is found out once. Left to themselves, the libraries do all that anew at
 * every use, which takes some five times as long.
 */
function readOnce(wrapper, patients) {
  const objects = Object.getPrototypeOf(wrapper.wrap({ resourceType: "Patient" }));
  if (objects[KEPT]) return;
  const { get } = objects;
  objects[KEPT] = true;
  objects.get = function (field) {
    return kept(this, field, () => get.call(this, field));
  };
  const { toNormalizedKey } = equality;
  equality.toNormalizedKey = (value) =>
    objects.isPrototypeOf(value) ? kept(value, KEPT, () => toNormalizedKey(value)) : toNormalizedKey(value);
  patients.loadBundles([{ entry: [{ resource: { resourceType: "Patient" } }] }]);
  const own = Object.getPrototypeOf(patients.currentPatient());
  const { findRecords } = own;
  own.findRecords = function (profile, details) {
    return [...kept(this, `records of ${details.datatype}`, () => findRecords.call(this, profile, details))];
  };
}

function kept(object, key, read) {
  if (!Object.hasOwn(object, KEPT)) Object.defineProperty(object, KEPT, { value: new Map() });
  const values = object[KEPT];
  if (!values.has(key)) values.set(key, read());
  return values.get(key);
}

/** The requests of a Bundle, as if the hook order-sign handed them over as `draftOrders`; which are drafts, the logic says. */
function draftOrders(bundle) {
  return bundle.entry.map((entry) => entry.resource).filter(({ intent }) => intent);
}

/** Parameters without a default are null; left to itself, the engine takes their definition for their value. */
function unset({ library }) {
  const parameters = (library.parameters?.def ?? []).filter((parameter) => !parameter.default);
  return Object.fromEntries(parameters.map(({ name }) => [name, null]));
}

function mustHold(libraries, codes) {
  const given = libraries.map(({ library }) => library.identifier);
  for (const { library } of libraries) {
    for (const { path, version } of library.includes?.def ?? []) {
      const found = given.some((identifier) => identifier.id === path && (!version || identifier.version === version));
      if (!found) throw new Misuse(`${library.identifier.id} includes ${path} ${version ?? ""}: its ELM is not given`);
    }
    for (const { id, version } of library.valueSets?.def ?? []) {
      if (!codes[id] || (version && !codes[id][version]))
        throw new Misuse(`${library.identifier.id} names value set ${id}${version ? `|${version}` : ""}: not given`);
    }
  }
}

function onlyPatient(bundle) {
  if (bundle?.resourceType !== "Bundle") throw new Error("not a Bundle");
  if (!Array.isArray(bundle.entry)) throw new Error("a Bundle without entries");
  const patients = bundle.entry.filter((entry) => entry?.resource?.resourceType === "Patient");
  if (patients.length !== 1) throw new Error(`a Bundle of one Patient is needed, this one has ${patients.length}`);
  return patients[0].resource;
}

/** The Boolean defines, null where they are null; without types in the ELM, a null may be one of any type. */
function booleans(results, { library }) {
  const defines = library.statements?.def ?? [];
  const typed = defines.some((define) => define.resultTypeName);
  const kept = defines
    .filter(({ name, resultTypeName }) => name in results && (!typed || resultTypeName === BOOLEAN))
    .map(({ name }) => [name, results[name] ?? null])
    .filter(([, value]) => value === null || typeof value === "boolean");
  return Object.fromEntries(kept);
}
