/** ELM and a Bundle in, the answer of each define out, as cql-execution gives it. */

import cql from "cql-execution";
import cqlFhir from "cql-exec-fhir";
import { Misuse } from "./command.mjs";
import { asStored } from "./stored.mjs";

const BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean";

/**
 * @param {object[]} libraries ELM: first the library to run, then those that it includes
 * @param {Record<string, Record<string, object[]>>} codes as `codeTable` makes it
 * @returns {(bundle: object) => Promise<{patient: string | null, results: Record<string, boolean | null>}>}
 */
export function createEngine(libraries, codes) {
  mustHold(libraries, codes);
  const library = new cql.Library(libraries[0], new cql.Repository(libraries));
  const executor = new cql.Executor(library, new cql.CodeService(codes), unset(libraries[0]));
  const patients = cqlFhir.PatientSource.FHIRv401();
  const wrapper = cqlFhir.FHIRWrapper.FHIRv401();
  typeContained(wrapper);
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
  objects.get = function (field) {
    return field === "contained" ? this._json.contained?.map((resource) => wrapper.wrap(resource)) : get.call(this, field);
  };
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
