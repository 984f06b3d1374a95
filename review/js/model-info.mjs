/** The model of FHIR R4 that comes with cql-exec-fhir, without the elements of resources that no condition reads. */

/** What the logic retrieves, and the bases of it. */
const READ = new Set([
  "Bundle",
  "Condition",
  "DomainResource",
  "Medication",
  "MedicationAdministration",
  "MedicationRequest",
  "MedicationStatement",
  "Observation",
  "Patient",
  "Procedure",
  "Resource",
  "ServiceRequest",
]);

/** The text of a model info, smaller: every type stays, so that every record still has one. */
export function cut(xml) {
  const types = [...xml.matchAll(/<(?:\w+:)?typeInfo\b[^>]*?(?:\/>|>[\s\S]*?<\/(?:\w+:)?typeInfo>)/g)];
  if (types.length < 200) throw new Error(`${types.length} types in the model info: it is written in another way`);
  const resources = new Set(types.filter(([text]) => baseOf(text) === "FHIR.DomainResource").map(([text]) => nameOf(text)));
  return xml.replace(/<(?:\w+:)?typeInfo\b[^>]*?(?:\/>|>[\s\S]*?<\/(?:\w+:)?typeInfo>)/g, (text) => {
    const owner = nameOf(text).split(".")[0];
    if (!resources.has(owner) || READ.has(owner)) return text.replace(/>\s+</g, "><");
    if (nameOf(text) !== owner) return "";
    return text.replace(/>[\s\S]*<(\/(?:\w+:)?typeInfo>)$/, "><$1");
  });
}

function nameOf(text) {
  return /\bname="([^"]+)"/.exec(text)?.[1] ?? "";
}

function baseOf(text) {
  return /\bbaseType="([^"]+)"/.exec(text)?.[1] ?? "";
}
