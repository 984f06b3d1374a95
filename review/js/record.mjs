/** Whether a Bundle is the record of one patient that conditions can be asked of: as `cervical-options apply` sees it. */

/**
 * What has the wrong type would be taken for absent, and absence can be an answer; so it is refused, by the same table.
 *
 * @param {unknown} bundle
 * @param {{shapes: object, types: string[], subjects: string[]}} rules as the site carries them
 * @returns {string[]} one line a fault: where, what, and what to do
 */
export function faultsOf(bundle, rules) {
  if (!isObject(bundle) || bundle.resourceType !== "Bundle") {
    return [`${shown(bundle)}: no Bundle; give a Bundle with the patient and the records`];
  }
  const faults = [...ofBundle(bundle, rules)];
  if (faults.length) return faults;
  const entries = bundle.entry ?? [];
  const patients = entries.filter((entry) => entry.resource?.resourceType === "Patient");
  if (patients.length !== 1) {
    const what = patients.length ? `${patients.length} Patients; give each a Bundle` : "no Patient; add the patient";
    return [`Bundle.entry: ${what}`];
  }
  const [{ fullUrl, resource }] = patients;
  const { id } = resource;
  if (id !== undefined && !/^[A-Za-z0-9.-]{1,64}$/.test(id)) {
    return [`Bundle.entry: ${shown(id)} is no id of a Patient (letters, digits, - and .); mend it`];
  }
  const nobodys = [...ofNobody(entries, fullUrl, id, rules)];
  if (nobodys.length) return nobodys;
  return id || fullUrl ? [] : ["Bundle.entry: the Patient has no id, so no record can be known as theirs; give it one"];
}

function* ofBundle(bundle, { shapes, types }) {
  if (Array.isArray(bundle.link) && bundle.link.some((link) => link?.relation === "next")) {
    yield "Bundle.link: there is a next page, so these are not all records; fetch every page";
  }
  if (!types.includes(bundle.type)) {
    yield `Bundle.type: ${shown(bundle.type)} is no kind that holds records as they are; write collection`;
  }
  const entries = bundle.entry ?? [];
  if (!Array.isArray(entries)) {
    yield `Bundle.entry: ${shown(entries)} is no array; mend it`;
    return;
  }
  const ids = new Map();
  for (const [number, entry] of entries.entries()) {
    const place = `Bundle.entry[${number}]`;
    if (!isObject(entry)) {
      yield `${place}: ${shown(entry)} is no object; mend it, or take it out`;
      continue;
    }
    if (typeof (entry.fullUrl ?? "") !== "string") yield `${place}.fullUrl: ${shown(entry.fullUrl)} is no text; mend it`;
    if ("resource" in entry) yield* ofResource(entry.resource, `${place}.resource`, shapes, ids);
  }
}

function* ofResource(resource, place, shapes, ids) {
  if (!isObject(resource) || typeof resource.resourceType !== "string") {
    yield `${place}: ${shown(resource)} is no resource with a resourceType; mend it, or take it out`;
    return;
  }
  const kind = resource.resourceType;
  if (kind === "OperationOutcome" && ids) {
    yield `${place}: an OperationOutcome, so something was not fetched; take it out once all records are there`;
  }
  if (kind === "Bundle") yield `${place}: a Bundle within the Bundle, whose records nobody would read; give them in one`;
  yield* misshapen(resource, { id: "string", ...(Object.hasOwn(shapes, kind) ? shapes[kind] : {}) }, place);
  if (ids && typeof resource.id === "string") {
    const name = `${kind}/${resource.id}`;
    const first = ids.get(name);
    if (first) yield `${place}: ${name} is there twice, at ${first} too; keep the one that holds`;
    else ids.set(name, place);
  }
  const contained = resource.contained ?? [];
  if (!Array.isArray(contained)) {
    yield `${place}.contained: ${shown(contained)} is no array; mend it`;
    return;
  }
  for (const [number, each] of contained.entries()) {
    yield* ofResource(each, `${place}.contained[${number}]`, shapes, null);
  }
}

function* ofNobody(entries, fullUrl, id, { subjects }) {
  for (const [number, { resource }] of entries.entries()) {
    const place = `Bundle.entry[${number}].resource.subject`;
    const reference = resource?.subject?.reference;
    if (subjects.includes(resource?.resourceType) && !reference) {
      yield `${place}: no reference, so the record is nobody's; name the patient`;
    } else if (reference && fullUrl === undefined && reference.split("/_history/")[0].endsWith(`/Patient/${id}`)) {
      yield `${place}: ${shown(reference)} may be the patient; give the Patient's entry its fullUrl`;
    }
  }
}

function* misshapen(value, shape, place) {
  if (typeof shape === "string") {
    if (typeof value !== shape) yield `${place}: ${shown(value)} is no ${shape === "string" ? "text" : "true or false"}; mend it`;
    else if (value === "") yield `${place}: an empty text; leave it out`;
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value)) yield `${place}: ${shown(value)} is no array; mend it`;
    else for (const [number, each] of value.entries()) yield* misshapen(each, shape[0], `${place}[${number}]`);
  } else if (!isObject(value)) {
    yield `${place}: ${shown(value)} is no object; mend it`;
  } else {
    for (const [key, below] of Object.entries(shape)) {
      if (key in value) yield* misshapen(value[key], below, `${place}.${key}`);
    }
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
