/** A Bundle as a FHIR server would hold it for one patient: what an engine's retrieves may find there. */

const OF_A_PATIENT = new Set([
  "Condition",
  "MedicationAdministration",
  "MedicationRequest",
  "MedicationStatement",
  "Observation",
  "Procedure",
  "ServiceRequest",
]);

/**
 * References by fullUrl become `Type/id`, as a server makes them when it stores a transaction; records of nobody, or of
 * another patient, are no part of the patient's compartment.
 *
 * @param {object} bundle with one Patient
 * @param {object} patient the Patient of it
 * @returns {object} a Bundle; the one given is left as it is
 */
export function asStored(bundle, patient) {
  const entries = structuredClone(bundle.entry).filter(({ resource }) => resource);
  const places = new Map();
  entries.forEach(({ fullUrl, resource }, index) => {
    resource.id ??= `stored-${index}`;
    if (fullUrl) places.set(fullUrl, `${resource.resourceType}/${resource.id}`);
  });
  const own = entries.find(({ resource }) => resource.resourceType === "Patient").resource;
  own.id = patient.id ?? own.id;
  const resources = entries.map(({ resource }) => localised(resource, places));
  const kept = resources.filter((resource) => belongsTo(resource, `Patient/${own.id}`));
  return { ...bundle, entry: kept.map((resource) => ({ resource })) };
}

function belongsTo(resource, patient) {
  if (!OF_A_PATIENT.has(resource.resourceType)) return true;
  return unversioned(resource.subject?.reference) === patient;
}

function localised(value, places) {
  if (Array.isArray(value)) return value.map((each) => localised(each, places));
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, localised(each, places)]));
  if (typeof copy.reference === "string") {
    const place = places.get(unversioned(copy.reference));
    if (place) copy.reference = place;
  }
  return copy;
}

function unversioned(reference) {
  return typeof reference === "string" ? reference.replace(/\/_history\/.*$/, "") : undefined;
}
