/** CQL text in, ELM and findings out. */

import { join } from "node:path";
import {
  CqlCompilerOptions,
  CqlTranslator,
  LibraryManager,
  ModelManager,
  createLibrarySourceProvider,
  createModelInfoProvider,
  stringAsSource,
} from "@cqframework/cql/cql-to-elm";
import { Misuse, readText } from "./command.mjs";

const FHIR = "4.0.1";
const NOTES = new Set(["annotation", "resultTypeName", "resultTypeSpecifier"]);
const PROBE = `library Probe using FHIR version '${FHIR}' include FHIRHelpers version '${FHIR}' context Patient`;
const { DisableListDemotion, DisableListPromotion, EnableResultTypes, EnableAnnotations, EnableLocators } =
  CqlCompilerOptions.Options;

/**
 * A translator for libraries on FHIR 4.0.1 that include nothing but FHIRHelpers.
 *
 * @typedef {{line: number | null, column: number | null, message: string}} Finding counted from 1
 * @param {string} modelInfo folder with system-modelinfo.xml, fhir-modelinfo-4.0.1.xml and FHIRHelpers-4.0.1.cql
 * @param {{annotations?: boolean}} options annotations: keep the source text and its places in the ELM
 * @returns {(cql: string) => {errors: Finding[], warnings: Finding[], elm?: object}} elm only where there is no error
 */
export function createTranslator(modelInfo, { annotations = false } = {}) {
  const libraries = libraryManager(modelInfo, annotations);
  const translate = (cql) => {
    const elm = JSON.parse(CqlTranslator.fromText(cql, libraries).toJson());
    const notes = elm.library.annotation;
    const findings = notes.filter((note) => note.type === "CqlToElmError");
    elm.library.annotation = notes.filter((note) => note.type === "CqlToElmInfo");
    const errors = sorted(findings.filter((finding) => finding.errorSeverity === "error"));
    const warnings = sorted(findings.filter((finding) => finding.errorSeverity !== "error"));
    if (errors.length) return { errors, warnings };
    return { errors, warnings, elm: annotations ? elm : bare(elm) };
  };
  const [error] = translate(PROBE).errors;
  if (error) throw new Misuse(`${modelInfo}: no model info that can be used (${error.message})`);
  return translate;
}

function libraryManager(modelInfo, annotations) {
  const read = (name) => stringAsSource(readText(join(modelInfo, name)));
  const system = read("system-modelinfo.xml");
  const fhir = read(`fhir-modelinfo-${FHIR}.xml`);
  const helpers = read(`FHIRHelpers-${FHIR}.cql`);

  const models = new ModelManager();
  models.modelInfoLoader.registerModelInfoProvider(
    createModelInfoProvider((name, _namespace, version) => {
      if (name === "System") return system;
      return name === "FHIR" && version === FHIR ? fhir : null;
    }),
  );
  const shown = annotations ? [EnableAnnotations, EnableLocators] : [];
  const always = [DisableListDemotion, DisableListPromotion, EnableResultTypes];
  const options = new CqlCompilerOptions().withOptions([...always, ...shown]);
  const libraries = new LibraryManager(models, options);
  libraries.librarySourceLoader.registerProvider(
    createLibrarySourceProvider((name, _namespace, version) =>
      name === "FHIRHelpers" && version === FHIR ? helpers : null,
    ),
  );
  return libraries;
}

function sorted(findings) {
  return findings
    .map(({ startLine, startChar, message }) => ({ line: startLine ?? null, column: startChar ?? null, message }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The ELM without notes on its nodes; the library keeps the one on its translator, a define its named type. */
function bare({ library }) {
  const strip = (value) => JSON.parse(JSON.stringify(value, (key, part) => (NOTES.has(key) ? undefined : part)));
  const def = library.statements?.def.map((define) => ({ ...strip(define), resultTypeName: define.resultTypeName }));
  const { annotation } = library;
  return { library: { annotation, ...strip(library), ...(def ? { statements: { def } } : {}) } };
}
