"""Per rule: documents that keep it, the one change that breaks it, and what is as near as can be and does not."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cervical_options.validator.issue import Severity

Resource = dict[str, Any]
Document = Resource | bytes
Change = dict[Any, Any]  # path in a resource, or a piece of a text: what to put there

GONE = object()  # what is taken away; None is JSON's null

ALONE = "x.json"
BASE = "https://example.org/fhir"
CORE = "http://hl7.org/fhir/StructureDefinition"
SETS = "http://hl7.org/fhir/ValueSet"
HL7 = "http://terminology.hl7.org/CodeSystem"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ABSENT = {"extension": [{"url": f"{CORE}/data-absent-reason", "valueCode": "unknown"}]}
MARK = "\ufeff".encode()


@dataclass(frozen=True)
class Case:
    """`good` is one document, or several by the names of their files; a path then begins with `name:`."""

    good: Document | dict[str, Document]
    trips: Change
    near: tuple[Change, ...]
    path: str
    message: str
    severity: Severity = "error"
    file: str = ALONE  # the one that is told of

    @property
    def files(self) -> dict[str, Document]:
        return {ALONE: self.good} if isinstance(self.good, bytes) or "resourceType" in self.good else self.good


def url(type: str, id: str) -> str:
    return f"{BASE}/{type}/{id}"


def uuid(digit: int) -> str:
    return f"urn:uuid:{str(digit) * 8}-0000-4000-8000-000000000000"


def concept(system: str, code: str, **more: Any) -> Resource:
    return {"coding": [{"system": system, "code": code, **more}]}


def patient(**more: Any) -> Resource:
    name = {"family": "Doe", "given": ["Jane", "Ann"]}
    return {"resourceType": "Patient", "id": "p", "name": [name], "gender": "female", "birthDate": "1970-03-01"} | more


def observation(**more: Any) -> Resource:
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "Height"}} | more


def canonical(type: str, id: str, /, **more: Any) -> Resource:
    """A resource that has a url."""
    return {
        "resourceType": type,
        "id": id,
        "url": url(type, id),
        "version": "1.0.0",
        "name": "Example",
        "status": "draft",
    } | more


def plan(*actions: Resource, **more: Any) -> Resource:
    return canonical("PlanDefinition", "plan", **({"action": [*actions]} if actions else {}), **more)


def bundle(type: str, /, *entries: Resource, **more: Any) -> Resource:
    return {"resourceType": "Bundle", "id": "b", "type": type, **({"entry": [*entries]} if entries else {})} | more


def entry(resource: Resource, full_url: str = "", **more: Any) -> Resource:
    return {"fullUrl": full_url or url(resource["resourceType"], resource["id"]), "resource": resource} | more


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def elm(name: str, version: str, *defines: str, functions: tuple[str, ...] = ()) -> str:
    rows = [{"name": each, "expression": {"type": "Null"}} for each in defines]
    rows += [{"name": each, "type": "FunctionDef"} for each in functions]
    library = {"identifier": {"id": name, "version": version}, "statements": {"def": rows}}
    return encoded(json.dumps({"library": library}))


CQL = "library Logic version '1.0.0'\ndefine \"Is Adult\": true\ndefine function Twice(x Integer): 2 * x\n"


def library(cql: str = CQL, **more: Any) -> Resource:
    logic = {"contentType": "text/cql", "data": encoded(cql)}
    return canonical(
        "Library", "Logic", name="Logic", type=concept(f"{HL7}/library-type", "logic-library"), content=[logic], **more
    )


def applicable(expression: str, **more: Any) -> Resource:
    return {"kind": "applicability", "expression": {"language": "text/cql", "expression": expression} | more}


def value_set(*codes: str, expansion: Resource | None = None, id: str = "set") -> Resource:
    include = {"system": url("CodeSystem", "letters"), "concept": [{"code": code} for code in codes]}
    return canonical("ValueSet", id, compose={"include": [include]}) | ({"expansion": expansion} if expansion else {})


def expansion(*codes: str, **more: Any) -> Resource:
    contains = [{"system": url("CodeSystem", "letters"), "code": code} for code in codes]
    return {"timestamp": "2020-01-31T09:30:00Z", "contains": contains} | more


def code_system(*codes: str, **more: Any) -> Resource:
    return (
        canonical(
            "CodeSystem", "letters", content="complete", caseSensitive=True, concept=[{"code": code} for code in codes]
        )
        | more
    )


def text(*resources: Resource) -> bytes:
    """Lines of NDJSON, or the text of one document."""
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in resources).encode()


def nested(levels: int) -> bytes:
    """A Patient with an extension in an extension, as deep as that."""
    begin, end = b'{"url":"https://example.org/e","extension":[', b"]}"
    inner = b'{"url":"https://example.org/e","valueBoolean":true}'
    return b'{"resourceType":"Patient","extension":[' + begin * levels + inner + end * levels + b"]}"


NOT_JSON = "mend the text here"
LEAVE_OUT = "leave the element out"
TWO_PATIENTS = b'{"resourceType": "Patient", "id": "p", "name": [{"family": "A"}, {"family": "B"}]}'
QUANTITY = b'{"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": 5}}'
NO_NUMBER = "is no number that JSON and its readers can hold; write a number, or leave the element out"

JSON: dict[str, list[Case]] = {
    "json-syntax": [
        Case(
            TWO_PATIENTS,
            {b'"p",': b'"p"'},
            ({b'"p",': b'"p"\t\r\n,'}, {b"A": b'\\" : , { ['}),
            "",
            f"this is not JSON (Expecting ',' delimiter); {NOT_JSON}",
        ),
        Case(
            TWO_PATIENTS,
            {b'"B"}]}': b'"B"}]}}'},
            ({b'"B"}]}': b'"B"}]}\n\n'},),
            "",
            f"this is not JSON (Extra data); {NOT_JSON}",
        ),
    ],
    "json-encoding": [
        Case(
            TWO_PATIENTS,
            {b'"A"': b'"M\xfcller"'},
            ({b'"A"': b'"M\xc3\xbcller"'}, {b'"A"': b'"M\\u00fcller"'}, {b'"A"': b'"\xf0\x9f\x98\x80"'}),
            "Patient",
            "byte 61 is not UTF-8; save the file as UTF-8",
        ),
        Case(
            TWO_PATIENTS,
            {b'{"resourceType"': MARK + b'{"resourceType"', b'"A"': b'"M\xfcller"'},
            ({b'{"resourceType"': MARK + b'{"resourceType"', b'"A"': b'"M\xc3\xbcller"'},),
            "Patient",
            "byte 64 is not UTF-8; save the file as UTF-8",
        ),
    ],
    "json-byte-order-mark": [
        Case(
            TWO_PATIENTS,
            {b'{"resourceType"': MARK + b'{"resourceType"'},
            ({b'"A"': b'"%sA"' % MARK}, {b'{"resourceType"': b' {"resourceType"'}),
            "Patient",
            "a byte order mark stands before the text; save the file without it",
        )
    ],
    "json-duplicate-key": [
        Case(
            TWO_PATIENTS,
            {b'"B"': b'"B", "family": "B"'},
            ({b'"B"': b'"B", "Family": "B"'}, {b'"B"': b'"family", "given": ["family", "given"]'}),
            "Patient",
            "the key 'family' is given twice in one object; keep one of them",
        ),
        Case(
            TWO_PATIENTS,
            {b'"B"': b'"B", "f\\u0061mily": "C"'},
            ({b'"B"': b'"B", "_f\\u0061mily": {"id": "family"}'},),
            "Patient",
            "the key 'family' is given twice in one object; keep one of them",
        ),
    ],
    "json-number": [
        Case(
            QUANTITY,
            {b'"value": 5': b'"value": 1e400'},
            ({b'"value": 5': b'"value": 1e308'}, {b'"value": 5': b'"value": -2.3e-308'}, {b'"x"': b'"1e400"'}),
            "Observation",
            f"1e400 {NO_NUMBER}",
        ),
        Case(
            QUANTITY,
            {b'"value": 5': b'"value": NaN'},
            ({b'"value": 5': b'"value": "NaN"'}, {b'"x"': b'"NaN, "'}),
            "Observation",
            f"NaN {NO_NUMBER}",
        ),
        Case(
            QUANTITY,
            {b'"value": 5': b'"value": -Infinity'},
            ({b'"value": 5': b'"value": 0e999'},),
            "Observation",
            f"-Infinity {NO_NUMBER}",
        ),
        Case(  # the largest double is 1.797…e308, the smallest 4.9e-324
            QUANTITY,
            {b'"value": 5': b'"value": 1.8e308'},
            ({b'"value": 5': b'"value": 1.79e308'}, {b'"value": 5': b'"value": 5e-324'}),
            "Observation",
            f"1.8e308 {NO_NUMBER}",
        ),
        Case(
            QUANTITY,
            {b'"value": 5': b'"value": 1' + b"0" * 309},
            ({b'"value": 5': b'"value": 1' + b"0" * 308},),
            "Observation",
            f"1{'0' * 36}... {NO_NUMBER}",
        ),
    ],
    "json-surrogate": [
        Case(
            TWO_PATIENTS,
            {b'"A"': b'"\\ud83d"'},
            ({b'"A"': b'"\\ud83d\\ude00"'}, {b'"A"': b'"\\\\ud83d"'}),
            "Patient",
            "half of a surrogate pair stands in this text; write the whole character",
        )
    ],
    "json-depth": [
        Case(
            TWO_PATIENTS,
            {TWO_PATIENTS: nested(50_000)},
            ({TWO_PATIENTS: nested(80)},),
            "",
            "the text is nested too deeply to be read; flatten it",
        )
    ],
    "json-root": [
        Case(
            TWO_PATIENTS,
            {TWO_PATIENTS: b"[%s]" % TWO_PATIENTS},
            ({TWO_PATIENTS: b" \r\n\t%s\n" % TWO_PATIENTS},),
            "",
            "the document is an array, not an object; write one resource",
        ),
        Case(
            TWO_PATIENTS,
            {TWO_PATIENTS: b'"Patient"'},
            ({TWO_PATIENTS: b"{}"},),
            "",
            "the document is a string, not an object; write one resource",
        ),
    ],
    "json-null": [
        Case(
            patient(),
            {"birthDate": None},
            ({"birthDate": "null"},),
            "Patient.birthDate",
            f"null is no value in FHIR; {LEAVE_OUT}",
        ),
        Case(
            patient(),
            {"name[0].given[1]": None},
            (
                {"name[0].given[1]": None, "name[0]._given": [None, ABSENT]},
                {"name[0]._given": [{"id": "first"}, None]},
            ),
            "Patient.name[0].given[1]",
            f"null is no value in FHIR; {LEAVE_OUT}",
        ),
        Case(
            patient(),
            {"contact": [None]},
            ({"contact": [{"name": {"text": "null"}}]},),
            "Patient.contact[0]",
            f"null is no value in FHIR; {LEAVE_OUT}",
        ),
        Case(
            patient(),
            {"_gender": None},
            ({"_gender": {"id": "g"}},),
            "Patient.gender",
            f"null is no value in FHIR; {LEAVE_OUT}",
        ),
    ],
    "json-empty": [
        Case(
            patient(),
            {"name[0].given": []},
            ({"name[0].given": [""]},),
            "Patient.name[0].given",
            f"this array is empty; {LEAVE_OUT}",
        ),
        Case(
            patient(),
            {"name[0]": {}},
            ({"name[0]": {"id": "n"}},),
            "Patient.name[0]",
            f"this object is empty; {LEAVE_OUT}",
        ),
        Case(
            patient(),
            {"_birthDate": {}},
            ({"_birthDate": {"id": "b"}},),
            "Patient.birthDate",
            f"this object is empty; {LEAVE_OUT}",
        ),
    ],
}


def formats() -> Iterator[Case]:
    """Each primitive type with values just outside and just inside its format."""
    for type, at, good, rows in FORMATS:
        for bad, told, near in rows:
            at_element = CHOICE.sub(r"\1", at)
            path = f"{good['resourceType']}.{at_element}"
            shown = repr(bad if len(bad) <= 60 else f"{bad[:57]}...") if isinstance(bad, str) else json.dumps(bad)
            yield Case(good, {at: bad}, tuple({at: each} for each in near), path, f"{shown} is no {type}: {told}")


CHOICE = re.compile(r"(value|effective)[A-Z]\w*")
STRING = "it is a string; write a number, without quotes"
WHOLE = "it is a string; write a whole number, without quotes"
POINT = "it is written with a point or an exponent; write the whole number"
EMPTY = "it is empty; write a text, or leave the element out"
CONTROL = "it holds a control character; take it out"
SPACE = "it holds white space; write it without, or encode it as %20"
DAY = "there is no such day in the calendar; write a day that exists"
DATE = "it is not written YYYY, YYYY-MM or YYYY-MM-DD; write it so"
ZONE = "a time needs seconds and a time zone; write it as 2020-01-31T09:30:00+01:00"
INSTANT = "an instant has a day, a time with seconds, and a time zone; write it as 2020-01-31T09:30:00+01:00"
TIME = "a time is written hh:mm:ss; write it so"
ID = "an id is 1 to 64 letters, digits, '-' or '.'; write such an id"
CODE = "a code has no white space at its ends and only single spaces inside; write the code as it is defined"
OID = "it is not urn:oid: with an OID; write urn:oid: and numbers with points between them"
UUID = "it is not urn:uuid: with a UUID in small letters; write urn:uuid: and 8-4-4-4-12 hexadecimal digits"
BASE64 = "it is not base64; encode the bytes again"
XHTML = "write well-formed XHTML in one <div>"
PICTURE = {"photo": [{"contentType": "image/png", "data": "QQ=="}]}
TIMED = observation(effectiveDateTime="2020-01-31")
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
MEGABYTE = "a" * 1024 * 1024

FORMATS: list[tuple[str, str, Resource, list[tuple[Any, str, list[Any]]]]] = [
    ("boolean", "active", patient(), [("true", "it is a string; write true or false, without quotes", [True, False])]),
    (
        "integer",
        "valueInteger",
        observation(),
        [
            ("5", WHOLE, [5, -5]),
            (5.0, POINT, [0]),
            (2**31, f"it lies outside {-(2**31)} to {2**31 - 1}; write a number in that range", [2**31 - 1, -(2**31)]),
            (True, "it is a boolean; write a whole number, without quotes", [1]),
        ],
    ),
    (
        "unsignedInt",
        "total",
        bundle("searchset", entry(patient(), search={"mode": "match"})),
        [(-1, f"it lies outside 0 to {2**31 - 1}; write a number in that range", [0])],
    ),
    (
        "positiveInt",
        "telecom[0].rank",
        patient(telecom=[{"system": "phone", "value": "1"}]),
        [(0, f"it lies outside 1 to {2**31 - 1}; write a number in that range", [1])],
    ),
    ("decimal", "valueQuantity.value", observation(valueQuantity={"unit": "m"}), [("1.70", STRING, [1.70, 5, -1e-9])]),
    (
        "string",
        "name[0].family",
        patient(),
        [
            ("", EMPTY, ["-"]),
            (5, "it is a number; write a string, in quotes", ["5"]),
            ("Do\x0be", CONTROL, ["Do\te", "Do\r\ne", "Do\x7fe"]),
            (
                f"{MEGABYTE}a",
                f"it has {1024 * 1024 + 1} characters, and at most {1024 * 1024} are allowed; shorten it",
                [MEGABYTE],
            ),
        ],
    ),
    ("markdown", "description", plan(), [("", EMPTY, ["*"])]),
    (
        "uri",
        "implicitRules",
        patient(),
        [
            ("http://example.org/a b", SPACE, ["http://example.org/a%20b", "a", "urn:x:y"]),
            (
                "urn:uuid:00000000-0000-4000-8000-00000000000",
                "what follows urn:uuid: is no UUID; write 8-4-4-4-12 hexadecimal digits",
                ["urn:uuid:00000000-0000-4000-8000-00000000000A"],
            ),
            (
                "urn:oid:2.016",
                "what follows urn:oid: is no OID; write numbers with points between them",
                ["urn:oid:2.16", "urn:oid:2.0.16"],
            ),
        ],
    ),
    (
        "url",
        "relatedArtifact[0].url",
        plan(relatedArtifact=[{"type": "citation"}]),
        [("http://example.org/ ", SPACE, ["http://example.org/"])],
    ),
    (
        "canonical",
        "library[0]",
        plan(library=[url("Library", "x")]),
        [(f"{BASE}/x |1", SPACE, [f"{BASE}/x|1", "urn:oid:2.16|1"])],
    ),
    (
        "code",
        "language",
        patient(),
        [("en ", CODE, ["en"]), ("en  CA", CODE, ["en CA"]), ("en\tCA", CODE, ["en-CA"]), ("en\u00a0", CODE, ["é"])],
    ),
    ("id", "id", patient(), [("a_b", ID, ["a.b-C"]), ("a" * 65, ID, ["a" * 64]), ("p\n", ID, ["."])]),
    (
        "oid",
        "extension[0].valueOid",
        patient(extension=[{"url": "https://example.org/e", **ABSENT}]),
        [
            ("urn:oid:3.1", OID, ["urn:oid:2.1"]),
            ("urn:oid:1.02", OID, ["urn:oid:1.0.2"]),
            ("2.16.840", OID, ["urn:oid:2.16.840"]),
        ],
    ),
    (
        "uuid",
        "extension[0].valueUuid",
        patient(extension=[{"url": "https://example.org/e", **ABSENT}]),
        [
            (uuid(1).replace("8000", "800A"), UUID, [uuid(1).replace("8000", "800a")]),
            (uuid(1)[9:], UUID, [uuid(1)]),
        ],
    ),
    (
        "date",
        "birthDate",
        patient(),
        [
            ("1970-3-1", DATE, ["1970-03", "1970"]),
            ("1970-02-29", DAY, ["1972-02-29", "2000-02-29"]),
            ("1900-02-29", DAY, ["1970-02-28"]),
            ("1970-13", DAY, ["1970-12"]),
            ("0000", DAY, ["0001"]),
            ("1970-03-01T10:00:00Z", DATE, ["9999-12-31"]),
        ],
    ),
    (
        "dateTime",
        "effectiveDateTime",
        TIMED,
        [
            ("2020-01-31T09:30:00", ZONE, ["2020-01-31T09:30:00Z", "2020-01-31"]),
            ("2020-01-31T09:30Z", ZONE, ["2020-01-31T09:30:00.000001+00:00"]),
            ("2020-01-31T24:00:00Z", ZONE, ["2020-01-31T23:59:60Z"]),
            ("2020-01-31T09:30:00+14:30", ZONE, ["2020-01-31T09:30:00+14:00", "2020-01-31T09:30:00-13:59"]),
            ("2021-02-29T09:30:00Z", DAY, ["2020-02-29T09:30:00Z"]),
            ("2020-01-31 09:30:00Z", DATE, ["2020"]),
        ],
    ),
    (
        "instant",
        "issued",
        observation(),
        [
            ("2020-01-31", INSTANT, ["2020-01-31T00:00:00Z"]),
            ("2020-01T09:30:00Z", INSTANT, ["2020-01-01T09:30:00.5-05:00"]),
            ("2020-02-30T09:30:00Z", DAY, ["2020-02-29T09:30:00Z"]),
        ],
    ),
    ("time", "valueTime", observation(), [("9:30:00", TIME, ["09:30:00"]), ("09:30", TIME, ["23:59:60.5"])]),
    (
        "base64Binary",
        "photo[0].data",
        patient(**PICTURE),
        [("QQ=", BASE64, ["QQ==", "QUE=", "Q\nQ==", "+/+/"]), ("_-_-", BASE64, ["abcd"])],
    ),
    (
        "xhtml",
        "text.div",
        patient(text={"status": "generated", "div": DIV}),
        [
            (
                DIV.replace("x<", "<p>x<"),
                f"it is not well-formed (mismatched tag); {XHTML}",
                [
                    DIV.replace("x<", "<p>x</p><"),
                    DIV.replace("x<", "<script>x</script><"),
                    DIV.replace("x<", "&nbsp;<"),
                ],
            ),
            (
                DIV.replace("x<", "&nope;<"),
                f"it is not well-formed (undefined entity); {XHTML}",
                [DIV.replace("x<", "&eacute;<")],
            ),
        ],
    ),
]

OTHER = "point at one of these"
BIRTH_TIME = f"{CORE}/patient-birthTime"
BIRTH_PLACE = f"{CORE}/patient-birthPlace"
CITIZENSHIP = f"{CORE}/patient-citizenship"
NOT_PERFORMED = f"{CORE}/request-doNotPerform"
ORGANIZATION = {"resourceType": "Organization", "id": "g", "name": "Ward"}
CONTAINING = observation(subject={"reference": "#p"}, contained=[patient()])
SUBJECT = observation(subject={"reference": "Patient/p"})
SUBJECTS = "Patient, Group, Device, Location"
BORN = patient(_birthDate={"extension": [{"url": BIRTH_TIME, "valueDateTime": "1970-03-01T10:00:00Z"}]})
DIET = {
    "resourceType": "NutritionOrder",
    "status": "active",
    "intent": "order",
    "patient": {"reference": "Patient/p"},
    "dateTime": "2020",
    "oralDiet": {"instruction": "x"},
}
PROBLEM = {
    "resourceType": "Condition",
    "subject": {"reference": "Patient/p"},
    "clinicalStatus": concept(f"{HL7}/condition-clinical", "active"),
}
DRUG_REQUEST = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p"},
    "medicationCodeableConcept": {"text": "x"},
}

STRUCTURE: dict[str, list[Case]] = {
    "resource-type": [
        Case(
            patient(),
            {"resourceType": "Patients"},
            ({"resourceType": "Person"},),
            "Patients",
            "R4 has no resource type 'Patients'; write one that it has; did you mean 'Patient'?",
        ),
        Case(
            {"resourceType": "MedicinalProduct", "name": [{"productName": "x"}]},  # R4 has it, R4B has not
            {"resourceType": "MedicinalProductDefinition"},  # the other way round
            ({"resourceType": "Medication"},),
            "MedicinalProductDefinition",
            "R4 has no resource type 'MedicinalProductDefinition'; write one that it has; "
            "did you mean 'MedicinalProductIndication'?",
        ),
        Case(
            patient(),
            {"resourceType": "DomainResource"},
            ({"resourceType": "Basic"},),
            "DomainResource",
            "R4 has no resource type 'DomainResource'; write one that it has",
        ),
        Case(
            bundle("collection", entry(patient())),
            {"entry[0].resource.resourceType": GONE},
            ({"entry[0].resource": GONE},),
            "Bundle.entry[0].resource",
            "the resource does not say its type; give it a resourceType",
        ),
    ],
    "resource-type-in-element": [
        Case(
            patient(),
            {"name[0].resourceType": "HumanName"},
            ({"contained": [ORGANIZATION]}, {"name[0].resourceTypes": "HumanName"}),
            "Patient.name[0].resourceType",
            "this is an element, not a resource, and has a resourceType; remove it",
        ),
        Case(
            {
                "resourceType": "ExampleScenario",
                "status": "draft",
                "instance": [{"resourceId": "i", "resourceType": "Patient"}],
            },
            {"instance[0].version": [{"versionId": "1", "description": "x", "resourceType": "Patient"}]},
            ({"instance[0].resourceType": "Person"},),
            "ExampleScenario.instance[0].version[0].resourceType",
            "this is an element, not a resource, and has a resourceType; remove it",
        ),
    ],
    "unknown-element": [
        Case(
            patient(),
            {"birthdate": "1970-03-01"},
            ({"_birthDate": {"id": "b"}}, {"deceasedBoolean": False}),
            "Patient.birthdate",
            "Patient has no element 'birthdate' in R4; remove it, or write one that R4 has; did you mean 'birthDate'?",
        ),
        Case(
            patient(),
            {"_name": [{"id": "n"}]},
            ({"_gender": {"id": "g"}},),
            "Patient._name",
            "Patient has no element '_name' in R4; remove it, or write one that R4 has; did you mean 'name'?",
        ),
        Case(
            observation(),
            {"instantiatesCanonical": f"{BASE}/x"},  # R5 has it
            ({"basedOn": [{"reference": "CarePlan/c"}]},),
            "Observation.instantiatesCanonical",
            "Observation has no element 'instantiatesCanonical' in R4; remove it, or write one that R4 has",
        ),
    ],
    "element-content": [
        Case(
            patient(),
            {"name[0]": {"id": "n"}},
            ({"name[0]": {"id": "n", "text": "x"}}, {"name[0]": {"id": "n", **ABSENT}}),
            "Patient.name[0]",
            "this HumanName has an id and nothing else; give it content, or remove it",
        ),
        Case(
            patient(),
            {"contact": [{"id": "c"}]},
            ({"contact": [{"id": "c", "gender": "female"}]},),
            "Patient.contact[0]",
            "this Patient.contact has an id and nothing else; give it content, or remove it",
        ),
        Case(
            patient(),
            {"_deceasedBoolean": {"id": "d"}},
            ({"_birthDate": {"id": "d"}}, {"_deceasedBoolean": {"id": "d", **ABSENT}}),
            "Patient.deceased",
            "this boolean has an id and nothing else; give it content, or remove it",
        ),
        Case(
            patient(),
            {"name[0]._given": [None, {"id": "second"}], "name[0].given[1]": None},
            ({"name[0]._given": [None, {"id": "second"}]},),
            "Patient.name[0].given[1]",
            "this string has an id and nothing else; give it content, or remove it",
        ),
    ],
    "choice-type": [
        Case(
            observation(),
            {"valueDate": "2020-01-31"},
            ({"valueDateTime": "2020-01-31"}, {"valued": "2020-01-31"}),
            "Observation.valueDate",
            "Observation.value[x] cannot be given as 'valueDate'; use one of the types of value[x]",
        ),
        Case(
            patient(),
            {"deceasedDate": "2020-01-31"},
            ({"deceasedDateTime": "2020-01-31"}, {"deceaseddateTime": "2020-01-31"}),
            "Patient.deceasedDate",
            "Patient.deceased[x] cannot be given as 'deceasedDate'; use one of deceasedBoolean, deceasedDateTime",
        ),
        Case(
            plan(),
            {"subjectCanonical": url("EvidenceVariable", "x")},
            ({"subjectCodeableConcept": {"text": "x"}},),
            "PlanDefinition.subjectCanonical",
            "PlanDefinition.subject[x] cannot be given as 'subjectCanonical'; "
            "use one of subjectCodeableConcept, subjectReference",
        ),
    ],
    "choice-once": [
        Case(
            observation(valueString="x"),
            {"valueCodeableConcept": {"text": "x"}},
            (
                {"_valueString": {"id": "v"}},
                {"component": [{"code": {"text": "y"}, "valueCodeableConcept": {"text": "x"}}]},
            ),
            "Observation.value",
            "value[x] is given more than once: valueCodeableConcept, valueString; keep one of them",
        ),
        Case(
            patient(deceasedBoolean=True),
            {"_deceasedDateTime": ABSENT},
            ({"_deceasedBoolean": ABSENT}, {"multipleBirthBoolean": True}),
            "Patient.deceased",
            "deceased[x] is given more than once: deceasedBoolean, deceasedDateTime; keep one of them",
        ),
    ],
    "required-element": [
        Case(
            observation(),
            {"status": GONE},
            ({"status": GONE, "_status": ABSENT}, {"status": "unknown"}),
            "Observation.status",
            "Observation has no status, which R4 demands; add it",
        ),
        Case(
            DRUG_REQUEST,
            {"medicationCodeableConcept": GONE},
            ({"medicationCodeableConcept": GONE, "medicationReference": {"reference": "#m"}},),
            "MedicationRequest.medication",
            "MedicationRequest has no medication[x], which R4 demands; add it",
        ),
        Case(
            bundle("transaction", entry(patient(), request={"method": "PUT", "url": "Patient/p"})),
            {"entry[0].request.method": GONE},
            ({"entry[0].request": GONE},),
            "Bundle.entry[0].request.method",
            "Bundle.entry.request has no method, which R4 demands; add it",
        ),
    ],
    "array-or-not": [
        Case(
            patient(),
            {"name": {"text": "x"}},
            ({"name": [{"text": "x"}]}, {"name": None}),
            "Patient.name",
            "name may repeat and is no array here; put it in [ ]",
        ),
        Case(
            patient(),
            {"gender": ["female"]},
            ({"gender": "female"}, {"maritalStatus": {"coding": [{"code": "S"}]}}),
            "Patient.gender",
            "gender does not repeat and is an array here; give one value, without [ ]",
        ),
        Case(
            patient(),
            {"maritalStatus": []},
            ({"name[0].given": []},),
            "Patient.maritalStatus",
            "maritalStatus does not repeat and is an array here; give one value, without [ ]",
        ),
    ],
    "object-expected": [
        Case(
            patient(),
            {"maritalStatus": "single"},
            ({"maritalStatus": {"text": "single"}}, {"maritalStatus": None}, {"gender": {"text": "single"}}),
            "Patient.maritalStatus",
            "a CodeableConcept is an object, and this is a string; write an object with its elements",
        ),
        Case(
            patient(),
            {"name[0]": ["Jane"]},
            ({"name[0].given": ["Jane"]},),
            "Patient.name[0]",
            "a HumanName is an object, and this is an array; write an object with its elements",
        ),
        Case(
            patient(),
            {"contained": [5]},
            ({"contained": [ORGANIZATION]},),
            "Patient.contained[0]",
            "a Resource is an object, and this is a number; write an object with its elements",
        ),
    ],
    "primitive-extension": [
        Case(
            patient(),
            {"_birthDate": "1970"},
            ({"_birthDate": {"id": "b"}}, {"name[0]._given": [{"id": "f"}, {"id": "s"}]}),
            "Patient.birthDate",
            "_birthDate is a string; "
            "write an object with id or extension, in an array of equal length where it repeats",
        ),
        Case(
            patient(),
            {"_birthDate": [{"id": "b"}]},
            ({"_birthDate": ABSENT},),
            "Patient.birthDate",
            "_birthDate is an array for one value; "
            "write an object with id or extension, in an array of equal length where it repeats",
        ),
        Case(
            patient(),
            {"name[0]._given": [{"id": "f"}]},
            ({"name[0]._given": [{"id": "f"}, None]}, {"name[0]._given": [ABSENT], "name[0].given": GONE}),
            "Patient.name[0].given",
            "_given is a list of 1 beside one of 2; "
            "write an object with id or extension, in an array of equal length where it repeats",
        ),
        Case(
            patient(),
            {"name[0]._given": {"id": "f"}},
            ({"name[0]._family": {"id": "f"}},),
            "Patient.name[0].given",
            "_given is no array, though its element repeats; "
            "write an object with id or extension, in an array of equal length where it repeats",
        ),
    ],
    "required-binding": [
        Case(
            patient(),
            {"gender": "Female"},
            ({"gender": "unknown"}, {"language": "Female"}),
            "Patient.gender",
            f"'Female' is not in the value set {SETS}/administrative-gender, which is required here; "
            "use a code that it has; did you mean 'female'?",
        ),
        Case(
            PROBLEM,
            {"clinicalStatus.coding[0].system": f"{HL7}/condition-ver-status"},
            (
                {"clinicalStatus.coding[1]": {"system": LOINC, "code": "718-7"}},
                {"clinicalStatus.coding[0].code": "recurrence"},
            ),
            "Condition.clinicalStatus.coding[0]",
            f"{HL7}/condition-ver-status#active is not in the value set {SETS}/condition-clinical, "
            "which is required here; use a code that it has; did you mean 'active'?",
        ),
        Case(
            PROBLEM,
            {"clinicalStatus": {"text": "active"}},
            ({"clinicalStatus": ABSENT}, {"code": {"text": "active"}}),
            "Condition.clinicalStatus",
            f"a concept without a code is not in the value set {SETS}/condition-clinical, "
            "which is required here; use a code that it has",
        ),
    ],
    "reference-target": [
        Case(
            SUBJECT,
            {"subject.reference": "Practitioner/p"},
            (
                {"subject.reference": "Group/p"},
                {"subject.reference": "http://example.org/Practitioner"},
                {"subject.reference": uuid(1)},
                {"subject.reference": "Patient/p/_history/2"},
                {"subject.reference": "https://example.org/Practitioner/Patient/p"},
            ),
            "Observation.subject.reference",
            f"this points at Practitioner, and only {SUBJECTS} may stand here; {OTHER}",
        ),
        Case(
            SUBJECT,
            {"subject.reference": url("Practitioner", "p/_history/2")},
            ({"subject.reference": url("Device", "p/_history/2")},),
            "Observation.subject.reference",
            f"this points at Practitioner, and only {SUBJECTS} may stand here; {OTHER}",
        ),
        Case(
            SUBJECT,
            {"subject.reference": "patient/p"},
            ({"subject.reference": "p"},),
            "Observation.subject.reference",
            f"this points at 'patient', which is no resource type, and only {SUBJECTS} may stand here; {OTHER}",
        ),
        Case(
            CONTAINING,
            {"contained[0]": ORGANIZATION | {"id": "p"}},
            ({"contained[1]": ORGANIZATION, "performer": [{"reference": "#g"}]},),
            "Observation.subject.reference",
            f"this points at Organization, and only {SUBJECTS} may stand here; {OTHER}",
        ),
        Case(
            SUBJECT,
            {"subject": {"type": "Practitioner", "display": "x"}},
            ({"subject": {"type": "Device", "display": "x"}},),
            "Observation.subject.type",
            f"this points at Practitioner, and only {SUBJECTS} may stand here; {OTHER}",
        ),
    ],
    "reference-type": [
        Case(
            SUBJECT,
            {"subject.type": "Group"},
            ({"subject.type": "Patient"}, {"subject": {"type": "Group", "reference": uuid(1)}}),
            "Observation.subject.type",
            "the type is Group, and the reference points at Patient; make them agree",
        ),
        Case(
            CONTAINING,
            {"subject.type": "Device"},
            ({"subject.type": "Patient"}, {"subject": {"type": "Device", "reference": "#q"}}),
            "Observation.subject.type",
            "the type is Device, and the reference points at Patient; make them agree",
        ),
    ],
    "contained-nesting": [
        Case(
            CONTAINING,
            {"contained[0].contained": [ORGANIZATION]},
            ({"contained[1]": ORGANIZATION},),
            "Observation.contained[0].contained[0]",
            "a contained resource contains another; contain both in the outer resource",
        ),
        Case(
            bundle("collection", entry(CONTAINING)),
            {"entry[0].resource.contained[0].contained": [ORGANIZATION]},
            ({"entry[0].resource": bundle("collection", entry(CONTAINING))},),
            "Bundle.entry[0].resource.contained[0].contained[0]",
            "a contained resource contains another; contain both in the outer resource",
        ),
    ],
    "extension-context": [
        Case(
            BORN,
            {"extension": [{"url": BIRTH_TIME, "valueDateTime": "1970-03-01T10:00:00Z"}]},
            ({"_gender": ABSENT}, {"extension": [{"url": BIRTH_PLACE, "valueAddress": {"city": "x"}}]}),
            "Patient.extension[0]",
            f"the extension {BIRTH_TIME} may not stand on Patient; "
            "its definition allows it on Patient.birthDate: move or remove it",
        ),
        Case(
            BORN,
            {"name[0]._family": {"extension": [{"url": BIRTH_TIME, "valueDateTime": "1970"}]}},
            ({"name[0]._family": {"extension": [{"url": f"{CORE}/humanname-own-name", "valueString": "Doe"}]}},),
            "Patient.name[0].family.extension[0]",
            f"the extension {BIRTH_TIME} may not stand on Patient.name.family; "
            "its definition allows it on Patient.birthDate: move or remove it",
        ),
    ],
    "extension-value": [
        Case(
            BORN,
            {"_birthDate.extension[0]": {"url": BIRTH_TIME, "valueInstant": "1970-03-01T10:00:00Z"}},
            ({"_birthDate.extension[0]": {"url": BIRTH_TIME, "_valueDateTime": ABSENT}},),
            "Patient.birthDate.extension[0].value",
            f"the extension {BIRTH_TIME} has valueInstant; its definition wants valueDateTime",
        ),
        Case(
            patient(
                extension=[{"url": CITIZENSHIP, "extension": [{"url": "code", "valueCodeableConcept": {"text": "x"}}]}]
            ),
            {"extension[0].extension[0].url": "codes"},
            (
                {"extension[0].extension[0]": {"url": "period", "valuePeriod": {"start": "2020"}}},
                {"extension[0].extension[0]": {"url": "https://example.org/code", "valueCode": "x"}},
            ),
            "Patient.extension[0].extension[0].url",
            f"the extension {CITIZENSHIP} has a part 'codes'; its definition wants parts named code, period",
        ),
        Case(
            patient(
                extension=[{"url": CITIZENSHIP, "extension": [{"url": "code", "valueCodeableConcept": {"text": "x"}}]}]
            ),
            {"extension[0]": {"url": CITIZENSHIP, "valueCodeableConcept": {"text": "x"}}},
            ({"extension[0]": {"url": f"{CITIZENSHIP}s", "valueCodeableConcept": {"text": "x"}}},),
            "Patient.extension[0].value",
            f"the extension {CITIZENSHIP} has valueCodeableConcept; its definition wants the parts code, period",
        ),
    ],
    "extension-modifier": [
        Case(
            DIET,
            {"extension": [{"url": NOT_PERFORMED, "valueBoolean": True}]},
            ({"modifierExtension": [{"url": NOT_PERFORMED, "valueBoolean": True}]},),
            "NutritionOrder.extension[0]",
            f"the extension {NOT_PERFORMED} stands in the wrong list; move it to modifierExtension",
        ),
        Case(
            patient(),
            {"modifierExtension": [{"url": BIRTH_PLACE, "valueAddress": {"city": "x"}}]},
            (
                {"extension": [{"url": BIRTH_PLACE, "valueAddress": {"city": "x"}}]},
                {"modifierExtension": [{"url": "https://example.org/e", "valueAddress": {"city": "x"}}]},
            ),
            "Patient.modifierExtension[0]",
            f"the extension {BIRTH_PLACE} stands in the wrong list; move it to extension",
        ),
    ],
    "extension-not-checked": [
        Case(
            patient(),
            {"extension": [{"url": "https://example.org/e", "valueCode": "x"}]},
            (
                {"extension": [{"url": CITIZENSHIP, "extension": [{"url": "e", "valueCode": "x"}]}]},
                {"extension": [{"url": BIRTH_PLACE, "valueAddress": {"city": "x"}}]},
            ),
            "Patient.extension[0].url",
            "not checked: 1 extension https://example.org/e, whose definition is not at hand; "
            "name its package with --package",
            "information",
        ),
        Case(
            patient(extension=[{"url": BIRTH_PLACE, "valueAddress": {"city": "x"}}]),
            {
                "_gender": {"extension": [{"url": "https://example.org/e", "valueCode": "x"}]},
                "modifierExtension": [{"url": "https://example.org/e", "valueCode": "y"}],
            },
            ({"_gender": ABSENT},),
            "Patient.gender.extension[0].url",
            "not checked: 2 extensions https://example.org/e, whose definition is not at hand; "
            "name its package with --package",
            "information",
        ),
    ],
    "primitive-format": [*formats()],
    "text-blank": [
        Case(
            patient(),
            {"name[0].family": " \t"},
            ({"name[0].family": " -"}, {"name[0].family": ""}, {"name[0].family": "\u200b"}),
            "Patient.name[0].family",
            "the text is white space only; write a text, or leave the element out",
            "warning",
        )
    ],
    "text-edges": [
        Case(
            patient(),
            {"name[0].family": "Doe "},
            ({"name[0].family": "D oe"}, {"name[0].family": " "}, {"language": "en "}),
            "Patient.name[0].family",
            "the text 'Doe ' begins or ends with white space; trim it",
            "warning",
        ),
        Case(
            plan(),
            {"description": "\nTwo\n\nparagraphs"},
            ({"description": "Two\n\nparagraphs"},),
            "PlanDefinition.description",
            "the text '\\nTwo\\n\\nparagraphs' begins or ends with white space; trim it",
            "warning",
        ),
    ],
    "canonical-absolute": [
        Case(
            plan(library=[url("Library", "x")]),
            {"library[0]": "Library/x"},
            (
                {"library[0]": f"{BASE}/Library/x|1"},
                {"library[0]": "#x"},
                {"library[0]": uuid(1)},
                {"library[0]": "a:b"},
            ),
            "PlanDefinition.library[0]",
            "the canonical 'Library/x' is neither absolute nor a fragment; write the whole url of what is meant",
        ),
        Case(
            plan(library=[url("Library", "x")]),
            {"library[0]": "//example.org/Library/x"},
            ({"implicitRules": "Library/x"},),
            "PlanDefinition.library[0]",
            "the canonical '//example.org/Library/x' is neither absolute nor a fragment; "
            "write the whole url of what is meant",
        ),
    ],
}

CANCER = "363346000"
LETTERS = url("CodeSystem", "letters")
LOOK_UP = "look the code up again"
EXPAND = "expand the value set again"
UNIT = {"value": 5, "unit": "x", "system": UCUM, "code": "mg"}
EXCHANGED = observation(category=[concept(f"{HL7}/observation-category", "laboratory")])
CODED = observation(code=concept(LOINC, "718-7"))
DIAGNOSED = PROBLEM | {"code": concept(SNOMED, CANCER)}
MARRIED = patient(maritalStatus=concept(f"{HL7}/v3-MaritalStatus", "M"))
USING_LETTERS = {
    "letters.json": code_system("a", "b"),
    ALONE: observation(code=concept(LETTERS, "a", version="1.0.0")),
}
MAPPED = canonical(
    "ConceptMap",
    "map",
    group=[
        {
            "source": f"{HL7}/condition-clinical",
            "target": LOINC,
            "element": [{"code": "active", "target": [{"code": "718-7", "equivalence": "wider"}]}],
        }
    ],
)
COLOURED = code_system(
    "a",
    "b",
    property=[{"code": "colour", "type": "string"}],
    concept=[
        {"code": "a", "concept": [{"code": "b", "property": [{"code": "colour", "valueString": "red"}]}]},
    ],
)
BELOW = "concept[0].concept[0].property[0]"
EXPANDED = value_set("a", "b", expansion=expansion("a", "b", total=2))
COLLECTED = {"letters.json": code_system("a", "b", "c"), ALONE: EXPANDED}

TERMINOLOGY: dict[str, list[Case]] = {
    "code-unknown": [
        Case(
            EXCHANGED,
            {"category[0].coding[0].code": "Laboratory"},
            (
                {"category[0].coding[0].code": "imaging"},
                {"category[0].coding[0].system": f"{HL7}/observation-categories"},
                {"category[0].coding[0]": {"code": "Laboratory"}},
            ),
            "Observation.category[0].coding[0].code",
            f"{HL7}/observation-category has no code 'Laboratory'; use a code that it has; did you mean 'laboratory'?",
        ),
        Case(
            USING_LETTERS,
            {"x.json:code.coding[0].code": "A"},
            (
                {"x.json:code.coding[0].code": "A", "letters.json:caseSensitive": False},
                {"x.json:code.coding[0].code": "A", "letters.json:content": "fragment"},
                {"x.json:code.coding[0].code": "c", "letters.json:concept[1].concept": [{"code": "c"}]},
            ),
            "Observation.code.coding[0].code",
            f"{LETTERS} has no code 'A'; use a code that it has",
        ),
        Case(
            MAPPED,
            {"group[0].element[0].code": "activ"},
            ({"group[0].element[0].code": "relapse"}, {"group[0].element[0].target[0].code": "active"}),
            "ConceptMap.group[0].element[0].code",
            f"{HL7}/condition-clinical has no code 'activ'; use a code that it has; did you mean 'active'?",
        ),
        Case(
            COLLECTED,
            {"x.json:compose.include[0].concept[2]": {"code": "d"}},
            ({"x.json:compose.include[0].concept[2]": {"code": "c"}},),
            "ValueSet.compose.include[0].concept[2].code",
            f"{LETTERS} has no code 'd'; use a code that it has",
        ),
    ],
    "display-differs": [
        Case(
            EXCHANGED,
            {"category[0].coding[0].display": "Lab"},
            (
                {"category[0].coding[0].display": "  laboratory "},
                {"category[0].text": "Lab"},
                {"category[0].coding[0].display": "Laboratory"},
            ),
            "Observation.category[0].coding[0].display",
            f"'laboratory' of {HL7}/observation-category is not called 'Lab'; write 'Laboratory'",
        ),
        Case(
            USING_LETTERS
            | {
                "letters.json": code_system(
                    concept=[{"code": "a", "display": "Alpha", "designation": [{"language": "en", "value": "Ay"}]}]
                )
            },
            {"x.json:code.coding[0].display": "Aleph"},
            ({"x.json:code.coding[0].display": "ay"}, {"x.json:code.coding[0]": {"code": "a", "display": "Aleph"}}),
            "Observation.code.coding[0].display",
            f"'a' of {LETTERS} is not called 'Aleph'; write 'Alpha' or 'Ay'",
        ),
    ],
    "snomed-check-digit": [
        Case(
            DIAGNOSED,
            {"code.coding[0].code": "363346001"},
            (
                {"code.coding[0].code": f"{CANCER}:246112005=24484000"},
                {"code.coding[0].code": "5281000124103"},
            ),
            "Condition.code.coding[0].code",
            f"'363346001' can be no SNOMED CT code: its form, partition or check digit is wrong; {LOOK_UP}",
        ),
        Case(  # a description of the concept beside it, with its right check digit
            DIAGNOSED,
            {"code.coding[0].code": "37443015"},
            ({"code.coding[0].code": "22298006"},),
            "Condition.code.coding[0].code",
            f"'37443015' can be no SNOMED CT code: its form, partition or check digit is wrong; {LOOK_UP}",
        ),
        Case(  # two concepts joined, and one with its term, are expressions too
            DIAGNOSED,
            {"code.coding[0].code": "421720008-7946007"},
            (
                {"code.coding[0].code": "421720008+7946007"},
                {"code.coding[0].code": f"{CANCER} |Malignant neoplastic disease|"},
            ),
            "Condition.code.coding[0].code",
            f"'421720008-7946007' can be no SNOMED CT code: its form, partition or check digit is wrong; {LOOK_UP}",
        ),
        Case(
            DIAGNOSED,
            {"code.coding[0].code": f"0{CANCER}"},
            ({"code.coding[0]": {"system": f"{SNOMED}x", "code": f"0{CANCER}"}},),
            "Condition.code.coding[0].code",
            f"'0{CANCER}' can be no SNOMED CT code: its form, partition or check digit is wrong; {LOOK_UP}",
        ),
    ],
    "loinc-check-digit": [
        Case(
            CODED,
            {"code.coding[0].code": "718-8"},
            (
                {"code.coding[0].code": "LA6113-0"},
                {"code.coding[0].code": "8302-2"},
                {"code.coding[0].code": "LP14304-7"},
            ),
            "Observation.code.coding[0].code",
            f"'718-8' can be no LOINC code: its form or check digit is wrong; {LOOK_UP}",
        ),
        Case(
            CODED,
            {"code.coding[0].code": "7187"},
            ({"code.coding[0].system": f"{LOINC}/vs", "code.coding[0].code": "7187"},),
            "Observation.code.coding[0].code",
            f"'7187' can be no LOINC code: its form or check digit is wrong; {LOOK_UP}",
        ),
    ],
    "ucum-unit": [
        Case(
            observation(valueQuantity=UNIT),
            {"valueQuantity.code": "mcg"},
            (
                {"valueQuantity.code": "ug"},
                {"valueQuantity.code": "[degF]"},
                {"valueQuantity.code": "10*9/L"},
                {"valueQuantity.code": "mm[Hg]"},
                {"valueQuantity.code": "{score}"},
                {"valueQuantity.code": "%"},
                {"valueQuantity.code": "1"},
                {"valueQuantity.code": "mL/min/{1.73_m2}"},
                {"valueQuantity.code": "/[HPF]"},
                {"valueQuantity.code": "m.s-2"},
                {"valueQuantity": {"value": 5, "unit": "mcg"}},
            ),
            "Observation.value.code",
            "'mcg' is no unit of UCUM; write the unit as UCUM does",
        ),
        Case(
            observation(valueQuantity=UNIT),
            {"valueQuantity.code": "KG"},
            ({"valueQuantity.code": "kg"}, {"valueQuantity.code": "MG"}, {"valueQuantity.unit": "mcg"}),
            "Observation.value.code",
            "'KG' is no unit of UCUM; write the unit as UCUM does",
        ),
        Case(
            observation(code=concept(UCUM, "mg")),
            {"code.coding[0].code": "mg / dL"},
            ({"code.coding[0].code": "mg/dL"},),
            "Observation.code.coding[0].code",
            "'mg / dL' is no unit of UCUM; write the unit as UCUM does",
        ),
    ],
    "code-form": [
        Case(
            DRUG_REQUEST | {"medicationCodeableConcept": concept(RXNORM, "2555")},
            {"medicationCodeableConcept.coding[0].code": "SCD2555"},
            ({"medicationCodeableConcept.coding[0].code": "25550000"},),
            "MedicationRequest.medication.coding[0].code",
            "'SCD2555' has not the form that is wanted here: an RxNorm code is a number; write it so",
        ),
        Case(
            DRUG_REQUEST | {"medicationCodeableConcept": concept("http://www.whocc.no/atc", "L01XA01")},
            {"medicationCodeableConcept.coding[0].code": "L01XA0"},
            ({"medicationCodeableConcept.coding[0].code": "L01XA"}, {"medicationCodeableConcept.coding[0].code": "L"}),
            "MedicationRequest.medication.coding[0].code",
            "'L01XA0' has not the form that is wanted here: an ATC code is a letter, two digits, a letter, a letter, "
            "two digits, cut after any of these; write it so",
        ),
        Case(
            patient(**PICTURE),
            {"photo[0].contentType": "png"},
            (
                {"photo[0].contentType": "image/svg+xml"},
                {"photo[0].contentType": "text/plain; charset=utf-8"},
                {"photo[0].contentType": "application/vnd.ms-excel"},
                {"photo[0].contentType": "application/vnd.example!x#1"},
            ),
            "Patient.photo[0].contentType",
            "'png' has not the form that is wanted here: a media type is written type/subtype; write it so",
        ),
        Case(
            observation(extension=[{"url": "https://example.org/e", "valueMoney": {"value": 1, "currency": "EUR"}}]),
            {"extension[0].valueMoney.currency": "Euro"},
            ({"extension[0].valueMoney.currency": "XAU"},),
            "Observation.extension[0].value.currency",
            "'Euro' has not the form that is wanted here: a currency is three capital letters; write it so",
        ),
        Case(
            patient(communication=[{"language": concept("urn:ietf:bcp:47", "en")}]),
            {"communication[0].language.coding[0].code": "en_CA"},
            (
                {"communication[0].language.coding[0].code": "en-CA"},
                {"communication[0].language.coding[0].code": "sr-Latn-RS"},
                {"communication[0].language": {"text": "en_CA"}},
            ),
            "Patient.communication[0].language.coding[0].code",
            "'en_CA' has not the form that is wanted here: a language tag is written en or en-CA; write it so",
        ),
    ],
    "system-is-value-set": [
        Case(
            EXCHANGED,
            {"category[0].coding[0].system": f"{SETS}/observation-category"},
            (
                {"category[0].coding[0].system": f"{SETS}/observation-categories"},
                {"category[0].coding[0]": {"system": f"{SETS}/observation-category", "display": "x"}},
            ),
            "Observation.category[0].coding[0].system",
            f"{SETS}/observation-category is a value set, not a code system; "
            "write the url of the code system that has the code",
        ),
        Case(
            {
                "set.json": value_set("a"),
                "letters.json": code_system("a"),
                ALONE: observation(code=concept(LETTERS, "a")),
            },
            {"x.json:code.coding[0].system": url("ValueSet", "set")},
            ({"x.json:code.coding[0].system": url("ValueSet", "sets")},),
            "Observation.code.coding[0].system",
            f"{url('ValueSet', 'set')} is a value set, not a code system; "
            "write the url of the code system that has the code",
        ),
        Case(
            value_set("a"),
            {"compose.include[0].system": f"{SETS}/observation-category"},
            ({"compose.include[0]": {"valueSet": [f"{SETS}/observation-category"]}},),
            "ValueSet.compose.include[0].system",
            f"{SETS}/observation-category is a value set, not a code system; "
            "write the url of the code system that has the code",
        ),
    ],
    "system-unknown": [
        Case(
            EXCHANGED,
            {"category[0].coding[0].system": f"{HL7}/observation-categry"},
            (
                {"category[0].coding[0].system": f"{HL7}/condition-category"},
                {"category[0].coding[0].system": "http://hl7.org/fhir/sid/observation-categry"},
                {"category[0].coding[0].system": f"{HL7.replace('http:', 'https:')}/observation-categry"},
                {"category[0].coding[0].system": f"{HL7}/letters"},
            ),
            "Observation.category[0].coding[0].system",
            f"R4 has no code system {HL7}/observation-categry; correct the url, or name its package with --package; "
            f"did you mean {HL7}/observation-category?",
            "warning",
        ),
    ],
    "code-version": [
        Case(
            {"letters.json": code_system("a"), ALONE: plan(topic=[concept(LETTERS, "a", version="1.0.0")])},
            {"x.json:topic[0].coding[0].version": "2.0.0"},
            (
                {"x.json:topic[0].coding[0].version": GONE},
                {"x.json:topic[0].coding[0].version": "2.0.0", "letters.json:version": "2.0.0"},
                {"x.json:topic[0].coding[0].version": "2.0.0", "more.json:": code_system("a", id="x", version="2.0.0")},
                {"x.json:": observation(code=concept(LETTERS, "a", version="2.0.0"))},
            ),
            "PlanDefinition.topic[0].coding[0].version",
            f"{LETTERS} is not here in version 2.0.0; the version at hand is 1.0.0",
        )
    ],
    "display-alternative": [
        Case(
            canonical(
                "ValueSet",
                "men",
                compose={
                    "include": [
                        {
                            "system": "http://hl7.org/fhir/administrative-gender",
                            "concept": [{"code": "male", "display": "Male"}],
                        }
                    ]
                },
            ),
            {"compose.include[0].concept[0].display": "Man"},
            (
                {"compose.include[0].concept[0].display": "male"},
                {"compose.include[0].concept[0].display": GONE},
            ),
            "ValueSet.compose.include[0].concept[0].display",
            "'male' of http://hl7.org/fhir/administrative-gender is called 'Man' here; "
            "the code system calls it 'Male': see that they agree",
            "warning",
        )
    ],
    "extensible-binding": [
        Case(
            MARRIED,
            {"maritalStatus.coding[0].system": f"{HL7}/v3-NullFlavor", "maritalStatus.coding[0].code": "NI"},
            (
                {"maritalStatus.coding[0].system": f"{HL7}/v3-NullFlavor", "maritalStatus.coding[0].code": "UNK"},
                {"maritalStatus.coding[1]": {"system": "https://example.org/own", "code": "x"}},
                {"maritalStatus": {"text": "NI"}},
            ),
            "Patient.maritalStatus",
            f"{HL7}/v3-NullFlavor#NI is not in the value set {SETS}/marital-status; use a code of it where one fits",
            "warning",
        ),
        Case(
            observation(dataAbsentReason=concept(f"{HL7}/data-absent-reason", "unknown")),
            {"dataAbsentReason.coding[0].system": "https://example.org/own"},
            ({"dataAbsentReason.coding[0].system": GONE, "dataAbsentReason.coding[0].code": GONE},),
            "Observation.dataAbsentReason",
            f"https://example.org/own#unknown is not in the value set {SETS}/data-absent-reason; "
            "use a code of it where one fits",
            "warning",
        ),
    ],
    "expansion-agrees": [
        Case(
            EXPANDED,
            {"expansion.contains[1].code": "c"},
            (
                {"expansion.contains[1].code": "c", "compose.include[0].concept[2]": {"code": "c"}},
                {"expansion.contains[2]": {"system": LETTERS, "code": "c", "abstract": True}},
                {
                    "expansion.contains[1].code": "c",
                    "compose.include[0].filter": [],
                    "compose.include[0].concept": GONE,
                },
            ),
            "ValueSet.expansion.contains[1].code",
            f"the expansion has 'c' of {LETTERS}, which the compose does not select; {EXPAND}",
        ),
        Case(
            COLLECTED,
            {"x.json:compose.exclude": [{"system": LETTERS, "concept": [{"code": "b"}]}]},
            ({"x.json:compose.exclude": [{"system": LETTERS, "concept": [{"code": "c"}]}]},),
            "ValueSet.expansion.contains[1].code",
            f"the expansion has 'b' of {LETTERS}, which the compose does not select; {EXPAND}",
        ),
        Case(
            value_set("a", "b", expansion=expansion("a")),
            {"expansion.contains[0].contains": [{"system": f"{LETTERS}2", "code": "b"}]},
            ({"expansion.contains[0].contains": [{"system": LETTERS, "code": "b"}]},),
            "ValueSet.expansion.contains[0].contains[0].code",
            f"the expansion has 'b' of {LETTERS}2, which the compose does not select; {EXPAND}",
        ),
    ],
    "expansion-complete": [
        Case(
            EXPANDED,
            {"expansion.contains[1]": GONE, "expansion.total": 1},
            (
                {"expansion.contains[1]": GONE},  # the total says that this is a part
                {"expansion.contains[1]": GONE, "expansion.total": GONE},
                {"expansion.contains[1]": GONE, "expansion.total": 1, "expansion.offset": 0},
                {"expansion.contains[1]": GONE, "expansion.total": 1, "compose.include[0].concept[1]": GONE},
            ),
            "ValueSet.expansion",
            f"the expansion lacks a code that the compose selects: b; {EXPAND}",
        ),
        Case(
            COLLECTED,
            {"x.json:compose.include[0].concept[2]": {"code": "c"}},
            (
                {"x.json:compose.include[0].concept": GONE},  # of a whole code system some may be left out
                {
                    "x.json:compose.include[0].concept[2]": {"code": "c"},
                    "x.json:compose.exclude": [{"system": LETTERS, "concept": [{"code": "c"}]}],
                },
            ),
            "ValueSet.expansion",
            f"the expansion lacks a code that the compose selects: c; {EXPAND}",
        ),
    ],
    "expansion-once": [
        Case(
            EXPANDED,
            {"expansion.contains[2]": {"system": LETTERS, "code": "a"}, "expansion.total": 3},
            (
                {"expansion.contains[2]": {"system": f"{LETTERS}2", "code": "a"}},
                {"expansion.contains[2]": {"system": LETTERS, "code": "A"}},
                {"expansion.contains[2]": {"system": LETTERS, "code": "a", "abstract": True}},
            ),
            "ValueSet.expansion.contains[2].code",
            f"the expansion has 'a' of {LETTERS} twice; {EXPAND}",
        )
    ],
    "expansion-total": [
        Case(
            EXPANDED,
            {"expansion.total": 3},
            (
                {"expansion.total": 3, "expansion.offset": 0},
                {"expansion.total": 3, "compose.include[0].concept[2]": {"code": "c"}},
                {"expansion.total": GONE},
            ),
            "ValueSet.expansion.total",
            f"the total is 3, and the expansion has 2 codes; {EXPAND}",
        ),
        Case(
            EXPANDED,
            {"expansion.total": 1},
            ({"expansion.contains[1].abstract": True, "expansion.total": 1},),
            "ValueSet.expansion.total",
            f"the total is 1, and the expansion has 2 codes; {EXPAND}",
        ),
    ],
    "concept-property": [
        Case(
            COLOURED,
            {f"{BELOW}.code": "color"},
            ({f"{BELOW}.code": "color", "property[1]": {"code": "color", "type": "string"}},),
            f"CodeSystem.{BELOW}.code",
            "the code system declares no property 'color'; declare it in CodeSystem.property, or correct its code",
        )
    ],
    "concept-property-type": [
        Case(
            COLOURED,
            {BELOW: {"code": "colour", "valueCode": "red"}},
            (
                {BELOW: {"code": "colour", "_valueString": ABSENT}},
                {BELOW: {"code": "colour", "valueCode": "red"}, "property[0].type": "code"},
                {BELOW: {"code": "color", "valueCode": "red"}},
            ),
            f"CodeSystem.{BELOW}.value",
            "the property 'colour' is given as valueCode, and declared as string; make them agree",
        ),
        Case(
            COLOURED,
            {"property[0].type": "dateTime"},
            ({"property[0].type": "dateTime", BELOW: {"code": "colour", "valueDateTime": "2020"}},),
            f"CodeSystem.{BELOW}.value",
            "the property 'colour' is given as valueString, and declared as dateTime; make them agree",
        ),
    ],
    "code-system-count": [
        Case(
            COLOURED | {"count": 2},
            {"count": 1},
            ({"count": 1, "content": "fragment"}, {"count": GONE}),
            "CodeSystem.count",
            "the count is 1, and the code system has 2 codes; correct the count",
            "warning",
        )
    ],
    "code-not-checked": [
        Case(
            observation(),
            {"code": concept(LOINC, "718-7")},
            (
                {"code": concept(f"{HL7}/observation-category", "exam")},
                {"code": concept(LOINC, "718-8")},
                {"code": {"coding": [{"system": LOINC, "display": "x"}]}},
            ),
            "Observation.code.coding[0].code",
            f"not checked: 1 code of {LOINC} (its check digits are right; whether the codes exist is not known here); "
            "ask a terminology server",
            "information",
        ),
        Case(
            observation(),
            {"code": concept("https://example.org/own", "a"), "method": concept("https://example.org/own", "b")},
            ({"valueQuantity": UNIT},),
            "Observation.code.coding[0].code",
            "not checked: 2 codes of https://example.org/own (no list of its codes is at hand); "
            "ask a terminology server",
            "information",
        ),
        Case(
            PROBLEM,
            {"code": concept(SNOMED, f"{CANCER}:246112005=24484000")},
            ({"code": concept(SNOMED, f"{CANCER}.246112005")},),
            "Condition.code.coding[0].code",
            f"not checked: 1 code of {SNOMED} (expressions are not read); ask a terminology server",
            "information",
        ),
    ],
}

LOGIC = url("Library", "Logic")
GROUP = {"resourceType": "Group", "id": "g", "type": "person", "actual": False}
STEP = "action[0].condition[0].expression"
HERE = "make them equal"
ADD = "add the resource, or correct the reference"
AT_HAND = "the version at hand is 1.0.0"
PLAN_AND_LIBRARY = {"logic.json": library(), ALONE: plan(library=[LOGIC])}
CONDITIONED = {
    "logic.json": library(),
    ALONE: plan({"condition": [applicable('"Is Adult"', reference=LOGIC)]}),
}
TRANSACTION = bundle(
    "transaction",
    entry(patient(), uuid(1), request={"method": "POST", "url": "Patient"}),
    entry(observation(subject={"reference": uuid(1)}), uuid(2), request={"method": "PUT", "url": "Observation/o"}),
)
COLLECTION = bundle("collection", entry(patient()), entry(SUBJECT))
DOCUMENT = bundle(
    "document",
    entry(
        {
            "resourceType": "Composition",
            "id": "c",
            "status": "final",
            "type": {"text": "x"},
            "date": "2020",
            "title": "x",
            "author": [{"reference": "Organization/g"}],
            "section": [{"text": {"status": "generated", "div": DIV}, "entry": [{"reference": "Patient/p"}]}],
        }
    ),
    entry(ORGANIZATION),
    entry(patient()),
    identifier={"system": "urn:ietf:rfc:3986", "value": uuid(1)},
    timestamp="2020-01-31T09:30:00Z",
)
GUIDE = canonical(
    "ImplementationGuide",
    "guide",
    name="Guide",
    packageId="org.example",
    fhirVersion=["4.0.1"],
    definition={"resource": [{"reference": {"reference": "Patient/p"}}]},
)
STEPS = plan(
    {"id": "first", "title": "x"},
    {"id": "second", "title": "y", "relatedAction": [{"actionId": "first", "relationship": "after"}]},
    goal=[{"id": "cure", "description": {"text": "x"}}],
)
QUESTIONS = canonical(
    "Questionnaire",
    "questions",
    item=[
        {"linkId": "a", "type": "boolean", "text": "x"},
        {
            "linkId": "b",
            "type": "group",
            "text": "y",
            "item": [
                {
                    "linkId": "c",
                    "type": "boolean",
                    "text": "z",
                    "enableWhen": [{"question": "a", "operator": "=", "answerBoolean": True}],
                }
            ],
        },
    ],
)
LONG = "a" * 31
JOINED = {
    "activity.json": canonical("ActivityDefinition", LONG, description="x"),
    ALONE: plan({"id": "b" * 32, "title": "x", "definitionCanonical": url("ActivityDefinition", LONG)}),
}
NESTED_PLANS = {
    ALONE: plan({"title": "x", "action": [{"title": "y", "definitionCanonical": url("PlanDefinition", "inner")}]}),
    "inner.json": canonical(
        "PlanDefinition", "inner", action=[{"title": "z", "definitionCanonical": url("PlanDefinition", "last")}]
    ),
    "last.json": canonical("PlanDefinition", "last", action=[{"title": "z"}]),
}
SETS_OF_SETS = {
    ALONE: canonical("ValueSet", "set", compose={"include": [{"valueSet": [url("ValueSet", "inner")]}]}),
    "inner.json": canonical("ValueSet", "inner", compose={"include": [{"valueSet": [url("ValueSet", "last")]}]}),
    "last.json": value_set("a", id="last"),
}
TWO = {"a.json": patient(), ALONE: patient(id="q")}
TWO_SETS = {"a.json": value_set("a"), ALONE: value_set("a", id="other")}
BOTH = library()
BOTH["content"] = [
    *BOTH["content"],
    {
        "contentType": "application/elm+json",
        "data": elm("Logic", "1.0.0", "Patient", "Is Adult", functions=("Twice",)),
    },
]
ELM_AT = "content[1].data"
APOSTROPHES = (
    'library Logic version \'1.0.0\'\ndefine "Woman\'s Age": 5\ndefine "Is Adult": true\ndefine "Name": \'x\'\n'
)
SLASHES = 'library Logic version \'1.0.0\'\ndefine "http://x": 5 define "Is Adult": true\n'

REFERENCES: dict[str, list[Case]] = {
    "fragment-resolves": [
        Case(
            plan(library=["#Logic"], contained=[library()]),
            {"library[0]": "#logic"},
            ({"library[0]": f"{LOGIC}#logic"}, {"contained[0].id": "logic", "library[0]": "#logic"}),
            "PlanDefinition.library[0]",
            "no contained resource has the id 'logic'; contain it, or correct the id; did you mean 'Logic'?",
        ),
        Case(
            plan(
                {"condition": [applicable("x = 1", reference="#Logic")]},
                contained=[library()],
                library=["#Logic"],
            ),
            {f"{STEP}.reference": "#x"},
            ({f"{STEP}.reference": "x"},),
            f"PlanDefinition.{STEP}.reference",
            "no contained resource has the id 'x'; contain it, or correct the id",
        ),
    ],
    "canonical-resolves": [
        Case(
            PLAN_AND_LIBRARY,
            {"x.json:library[0]": url("Library", "Logik")},
            (
                {"x.json:library[0]": "https://example.org/Library/Logik"},
                {"x.json:library[0]": f"{LOGIC}|1.0.0"},
                {"x.json:relatedArtifact": [{"type": "citation", "url": url("Library", "Logik")}]},
                {"x.json:library[0]": url("Library", "Logik"), "logic.json:url": url("Library", "Logik")},
            ),
            "PlanDefinition.library[0]",
            f"no resource here has the url {url('Library', 'Logik')}; add it, or correct the url; "
            f"did you mean {LOGIC}?",
        ),
        Case(
            CONDITIONED,
            {f"x.json:{STEP}.reference": url("Library", "Other|1.0.0")},
            ({f"x.json:{STEP}.reference": "https://example.org/other/Library/Other|1.0.0"},),
            f"PlanDefinition.{STEP}.reference",
            f"no resource here has the url {url('Library', 'Other')}; add it, or correct the url",
        ),
    ],
    "canonical-version": [
        Case(
            PLAN_AND_LIBRARY,
            {"x.json:library[0]": f"{LOGIC}|1.0"},
            (
                {"x.json:library[0]": f"{LOGIC}|1.0.0"},
                {"x.json:library[0]": f"{LOGIC}|1.0", "more.json:": library(id="More", version="1.0")},
                {"x.json:library[0]": f"{LOGIC}|1.0.0#part"},
            ),
            "PlanDefinition.library[0]",
            f"{LOGIC} is not here in version 1.0; {AT_HAND}",
        )
    ],
    "canonical-target": [
        Case(
            PLAN_AND_LIBRARY | {"set.json": value_set("a")},
            {"x.json:library[0]": url("ValueSet", "set")},
            (
                {"x.json:library[0]": LOGIC},
                {"x.json:relatedArtifact": [{"type": "depends-on", "resource": url("ValueSet", "set")}]},
            ),
            "PlanDefinition.library[0]",
            f"{url('ValueSet', 'set')} is a ValueSet, and only Library may stand here; name one of these",
        ),
        Case(
            plan(library=["https://other.org/fhir/Library/x"]),
            {"library[0]": "https://other.org/fhir/ValueSet/x"},
            ({"library[0]": "https://other.org/fhir/ValueSets/x"}, {"library[0]": "https://other.org/ValueSet"}),
            "PlanDefinition.library[0]",
            "https://other.org/fhir/ValueSet/x is a ValueSet by its url, and only Library may stand here; "
            "name one of these",
        ),
        Case(
            plan(library=["#Logic"], contained=[library(), GROUP], subjectReference={"reference": "#g"}),
            {"library[0]": "#g"},
            ({"library[0]": "#Logic"},),
            "PlanDefinition.library[0]",
            "#g is a Group, and only Library may stand here; name one of these",
        ),
        Case(
            canonical("ValueSet", "set", compose={"include": [{"valueSet": [f"{SETS}/observation-category"]}]}),
            {"compose.include[0].valueSet[0]": f"{HL7}/observation-category"},
            ({"compose.include[0]": {"system": f"{HL7}/observation-category"}},),
            "ValueSet.compose.include[0].valueSet[0]",
            f"{HL7}/observation-category is a CodeSystem, and only ValueSet may stand here; name one of these",
        ),
    ],
    "canonical-not-checked": [
        Case(
            PLAN_AND_LIBRARY,
            {
                "x.json:library[0]": "https://other.org/fhir/Library/a",
                "x.json:library[1]": "https://other.org/fhir/Library/b|1",
            },
            (
                {"x.json:library[0]": url("Library", "a")},
                {"x.json:relatedArtifact": [{"type": "depends-on", "resource": f"{SETS}/marital-status"}]},
                {"x.json:implicitRules": "https://other.org/fhir/Library/a"},
            ),
            "PlanDefinition.library[0]",
            "not checked: 2 canonicals under https://other.org/fhir, which is not at hand; "
            "name its package with --package",
            "information",
        ),
        Case(
            PLAN_AND_LIBRARY,
            {"x.json:library[0]": uuid(7)},
            ({"x.json:library[0]": uuid(7), "logic.json:url": uuid(7)},),
            "PlanDefinition.library[0]",
            f"not checked: 1 canonical under {uuid(7)}, which is not at hand; name its package with --package",
            "information",
        ),
    ],
    "reference-resolves": [
        Case(
            TRANSACTION,
            {"entry[1].resource.subject.reference": uuid(3)},
            (
                {"entry[1].resource.subject.reference": uuid(3), "entry[0].fullUrl": uuid(3)},
                {"entry[1].resource.subject.reference": "Patient/p"},
            ),
            "Bundle.entry[1].resource.subject.reference",
            f"{uuid(3)} is not in this Bundle; {ADD}",
        ),
        Case(
            DOCUMENT,
            {"entry[0].resource.section[0].entry[0].reference": "Patient/q"},
            (
                {"entry[0].resource.section[0].entry[0].reference": url("Patient", "p")},
                {"entry[2].resource.managingOrganization": {"reference": "Organization/x"}},
                {"entry[0].resource.section[0].entry[0]": {"display": "Patient/q"}},
            ),
            "Bundle.entry[0].resource.section[0].entry[0].reference",
            f"Patient/q is not in this document; {ADD}",
        ),
        Case(
            DOCUMENT,
            {"entry[0].resource.subject": {"reference": url("Patient", "q")}},
            ({"entry[0].resource.subject": {"reference": url("Patient", "p")}}, {"type": "collection"}),
            "Bundle.entry[0].resource.subject.reference",
            f"{url('Patient', 'q')} is not in this document; {ADD}",
        ),
    ],
    "reference-in-bundle": [
        Case(
            COLLECTION,
            {"entry[1].resource.subject.reference": "Patient/q"},
            (
                {"entry[1].resource.subject.reference": url("Patient", "q")},
                {"entry[1].resource.subject.reference": "Patient/p/_history/1"},
                {"entry[1].resource.subject.reference": "Patient/q", "entry[0].resource.id": "q"},
                {"entry[1].resource.subject.reference": "Patient/q", "type": "searchset"},
            ),
            "Bundle.entry[1].resource.subject.reference",
            "Patient/q is not in this collection Bundle; add the resource, if the receiver does not have it",
            "warning",
        ),
        Case(
            {"bundle.json": COLLECTION, ALONE: bundle("collection", entry(ORGANIZATION), id="c")},
            {"x.json:entry[1]": entry(SUBJECT | {"subject": {"reference": "Patient/q"}})},
            ({"x.json:entry[1]": entry(SUBJECT)},),
            "Bundle.entry[1].resource.subject.reference",
            "Patient/q is not in this collection Bundle; add the resource, if the receiver does not have it",
            "warning",
        ),
    ],
    "reference-listed": [
        Case(
            {"p.json": patient(), ALONE: GUIDE},
            {"x.json:definition.resource[0].reference.reference": "Patient/q"},
            (
                {"x.json:definition.resource[0].reference.reference": "Patient/q", "p.json:id": "q"},
                {"x.json:definition.resource[0].reference.reference": url("Patient", "q")},
            ),
            "ImplementationGuide.definition.resource[0].reference.reference",
            "the guide lists Patient/q, which is not here; add the resource, or take it off the list",
        )
    ],
    "resolved-target": [
        Case(
            TRANSACTION,
            {"entry[0].resource": {"resourceType": "Practitioner", "id": "p", "gender": "female"}},
            (
                {"entry[0].resource": {"resourceType": "Device", "id": "p"}},
                {
                    "entry[0].resource": {"resourceType": "Practitioner", "id": "p"},
                    "entry[1].resource.performer": [{"reference": uuid(1)}],
                    "entry[1].resource.subject": GONE,
                },
            ),
            "Bundle.entry[1].resource.subject.reference",
            f"{uuid(1)} is a Practitioner, and only {SUBJECTS} may stand here; {OTHER}",
        )
    ],
    "reference-not-checked": [
        Case(
            observation(),
            {"subject": {"reference": "Patient/p"}, "performer": [{"reference": "Patient/q"}]},
            (
                {"subject": {"display": "Patient/p"}},
                {"subject": {"reference": "#p"}, "contained": [patient()]},
                {"subject": {"identifier": {"value": "p"}}},
            ),
            "Observation.subject.reference",
            "not checked: 2 references to Patient that is not at hand; validate it together with what it points at",
            "information",
        ),
        Case(
            {"p.json": patient(), ALONE: SUBJECT},
            {"p.json:": GONE},
            ({"x.json:subject.reference": "Patient/p/_history/7"},),
            "Observation.subject.reference",
            "not checked: 1 reference to Patient that is not at hand; validate it together with what it points at",
            "information",
        ),
        Case(
            observation(),
            {"subject": {"reference": uuid(1)}},
            ({"subject": {"identifier": {"value": uuid(1)}}},),
            "Observation.subject.reference",
            "not checked: 1 reference to a urn that is not at hand; validate it together with what it points at",
            "information",
        ),
    ],
    "system-resolves": [
        Case(
            USING_LETTERS,
            {"x.json:code.coding[0].system": f"{LETTERS}s"},
            (
                {"x.json:code.coding[0].system": "https://example.org/CodeSystem/letters"},
                {"x.json:code.coding[0].system": f"{BASE}/letters"},
                {"x.json:code.coding[0]": {"system": LETTERS, "display": "x"}},
            ),
            "Observation.code.coding[0].system",
            f"no CodeSystem here has the url {LETTERS}s; add it, or correct the url; did you mean {LETTERS}?",
        )
    ],
    "full-url-absolute": [
        Case(
            COLLECTION,
            {"entry[0].fullUrl": "Patient/p"},
            (
                {"entry[0].fullUrl": uuid(1)},
                {"entry[0].fullUrl": "http://localhost/Patient/p"},
                {"entry[0].link": [{"relation": "self", "url": "Patient/p"}]},
            ),
            "Bundle.entry[0].fullUrl",
            "the fullUrl 'Patient/p' is relative; write the whole address, or urn:uuid: with a UUID",
        )
    ],
    "full-url-id": [
        Case(
            COLLECTION,
            {"entry[0].fullUrl": url("Patient", "q")},
            (
                {"entry[0].fullUrl": uuid(1)},
                {"entry[0].fullUrl": "https://example.org/records/q"},
                {"entry[0].fullUrl": url("Patient", "q"), "entry[0].resource.id": GONE},
            ),
            "Bundle.entry[0].fullUrl",
            f"the fullUrl {url('Patient', 'q')} is not that of Patient/p; make them agree",
        ),
        Case(
            COLLECTION,
            {"entry[0].fullUrl": url("Person", "p")},
            ({"entry[0].fullUrl": "https://other.org/Patient/p"},),
            "Bundle.entry[0].fullUrl",
            f"the fullUrl {url('Person', 'p')} is not that of Patient/p; make them agree",
        ),
    ],
    "bundle-link": [
        Case(
            bundle("searchset", total=0, link=[{"relation": "self", "url": "https://example.org/1"}]),
            {"link[1]": {"relation": "self", "url": "https://example.org/2"}},
            ({"link[1]": {"relation": "next", "url": "https://example.org/1"}},),
            "Bundle.link[1].relation",
            "the relation 'self' is given twice; keep one link of it",
        )
    ],
    "bundle-request": [
        Case(
            TRANSACTION,
            {"entry[1].request.url": "Observation/p"},
            (
                {"entry[1].request.url": "Observation?identifier=p"},
                {"entry[1].request.url": "Observation/p", "entry[1].resource.id": GONE},
                {"entry[1].request.url": "Observation/o?_format=json"},
            ),
            "Bundle.entry[1].request.url",
            "PUT Observation/p does not fit: the resource is Observation/o; write Observation/o",
        ),
        Case(
            TRANSACTION,
            {"entry[0].request.url": "Patient/p"},
            (
                {"entry[0].request.url": "Patient/$match"},
                {"entry[0].request.url": "Patient/p", "entry[0].request.method": "PUT"},
                {"entry[0].request.url": "/Patient"},
            ),
            "Bundle.entry[0].request.url",
            "POST Patient/p does not fit: POST takes no id; write Patient, or use PUT",
        ),
        Case(
            TRANSACTION,
            {"entry[0].request.url": "Person"},
            ({"entry[0].request.url": "https://example.org/Person"},),
            "Bundle.entry[0].request.url",
            "POST Person does not fit: the resource is a Patient; begin the url with Patient",
        ),
        Case(
            TRANSACTION,
            {"entry[1].request": {"method": "GET", "url": "Observation/o"}},
            (
                {"entry[1]": {"request": {"method": "GET", "url": "Observation/o"}}},
                {"entry[1].request.method": "PATCH"},
            ),
            "Bundle.entry[1].request",
            "GET Observation/o does not fit: the entry has a resource; leave it out",
        ),
        Case(
            TRANSACTION,
            {"entry[2]": {"request": {"method": "PUT", "url": "Patient/q"}}},
            (
                {"entry[2]": {"request": {"method": "DELETE", "url": "Patient/q"}}},
                {"entry[2]": {"request": {"method": "GET", "url": "Patient/q"}}},
            ),
            "Bundle.entry[2].request",
            "PUT Patient/q does not fit: the entry has no resource; add it",
        ),
    ],
    "bundle-entry-twice": [
        Case(
            bundle("collection", entry(patient(), uuid(1))),
            {"entry[1]": entry(patient(), uuid(2))},
            (
                {"entry[1]": entry(patient(meta={"versionId": "2"}), uuid(2))},
                {"entry[1]": entry(ORGANIZATION | {"id": "p"}, uuid(2))},
                {"entry[1]": entry(patient(id="P"), uuid(2))},
                {"entry[1]": entry(patient(), uuid(2)), "type": "history"},
            ),
            "Bundle.entry[1].resource.id",
            "Patient/p is in this Bundle twice; keep one of them",
        ),
        Case(  # of two servers
            bundle("collection", entry(patient(), "https://one.example.org/Patient/p")),
            {"entry[1]": entry(patient(), "https://one.example.org/Patient/p")},
            ({"entry[1]": entry(patient(), "https://two.example.org/Patient/p")},),
            "Bundle.entry[1].resource.id",
            "Patient/p is in this Bundle twice; keep one of them",
        ),
    ],
    "library-name": [
        Case(
            library(),
            {"name": "logic"},
            (
                {"content[0].data": encoded(CQL.replace("library Logic", "library Org.Example.Logic"))},
                {"title": "logic"},
            ),
            "Library.name",
            f"the name is 'logic', and the CQL is of library 'Logic'; {HERE}",
        ),
        Case(
            library(),
            {"content[0].data": encoded(f"// library Other\n{CQL.replace('Logic', 'Logics')}")},
            (
                {"content[0].data": encoded(f"// library Logics\n{CQL}")},
                {"content[0].data": encoded(CQL.replace("Logic", '"Logic"'))},
                {"content[0].data": encoded(CQL.replace("library Logic version '1.0.0'", ""))},
            ),
            "Library.name",
            f"the name is 'Logic', and the CQL is of library 'Logics'; {HERE}",
        ),
    ],
    "library-url": [
        Case(
            library(),
            {"url": url("Library", "logic")},
            ({"url": "https://example.org/Logic"}, {"id": "logic"}, {"url": GONE}),
            "Library.url",
            "the url ends in 'logic', and the CQL is of library 'Logic'; let the url end in that name",
            "warning",
        )
    ],
    "library-version": [
        Case(
            library(),
            {"version": "1.0"},
            (
                {"version": "1.0", "content[0].data": encoded(CQL.replace(" version '1.0.0'", ""))},
                {"version": "1.0", "content[0].data": encoded(CQL.replace("1.0.0", "1.0"))},
                {"version": GONE},
            ),
            "Library.version",
            f"the version is '1.0', and the CQL says '1.0.0'; {HERE}",
        )
    ],
    "library-content": [
        Case(
            library(),
            {"content[0].data": encoded(CQL)[:-1]},
            (
                {"content[0].data": f"\n  {encoded(CQL)[:60]}\n  {encoded(CQL)[60:]}"},
                {"content[0].data": encoded(CQL)[:-1], "content[0].contentType": "text/plain"},
            ),
            "Library.content[0].data",
            "the content can't be read: it is not base64 (Incorrect padding); encode the text again as base64",
        ),
        Case(
            BOTH,
            {ELM_AT: encoded("{}")},
            ({ELM_AT: encoded('{"library": {}}')},),
            "Library.content[1].data",
            "the content can't be read: it has no library; encode the text again as base64",
        ),
    ],
    "elm-agrees": [
        Case(
            BOTH,
            {ELM_AT: elm("Logic", "1.0.0", "Patient", "Is adult", functions=("Twice",))},
            (
                {ELM_AT: elm("Logic", "1.0.0", "Is Adult", functions=("Twice", "Twice"))},
                {"content[0]": GONE},
            ),
            "Library.content[1]",
            "the ELM is not of the CQL beside it: only one of them defines Is Adult, Is adult; translate the CQL again",
        ),
        Case(
            BOTH,
            {ELM_AT: elm("Logic", "1.0.1", "Is Adult", functions=("Twice",))},
            ({"content[0].data": encoded(CQL.replace("library Logic", "library Org.Logic"))},),
            "Library.content[1]",
            "the ELM is not of the CQL beside it: it is of Logic 1.0.1, the CQL of Logic 1.0.0; "
            "translate the CQL again",
        ),
        Case(
            BOTH,
            {"content[0].data": encoded(APOSTROPHES)},
            (
                {
                    "content[0].data": encoded(f"{CQL}context Practitioner"),
                    ELM_AT: elm("Logic", "1.0.0", "Practitioner", "Is Adult", functions=("Twice",)),
                },
                {
                    "content[0].data": encoded(APOSTROPHES),
                    ELM_AT: elm("Logic", "1.0.0", "Patient", "Woman's Age", "Is Adult", "Name"),
                },
                {
                    "content[0].data": encoded(SLASHES),
                    ELM_AT: elm("Logic", "1.0.0", "Patient", "http://x", "Is Adult"),
                },
            ),
            "Library.content[1]",
            "the ELM is not of the CQL beside it: only one of them defines Name, Twice, Woman's Age; "
            "translate the CQL again",
        ),
    ],
    "define-resolves": [
        Case(
            CONDITIONED,
            {f"x.json:{STEP}.expression": '"Is adult"'},
            (
                {f"x.json:{STEP}.expression": '"Is adult"', f"x.json:{STEP}.language": "text/plain"},
                {f"x.json:{STEP}.expression": "'Is adult'"},
            ),
            f"PlanDefinition.{STEP}.expression",
            "Logic defines no 'Is adult'; correct the name, or define it; did you mean 'Is Adult'?",
        ),
        Case(  # the whole text is a name, with quotes or without
            CONDITIONED,
            {f"x.json:{STEP}.language": "text/cql-identifier", f"x.json:{STEP}.expression": "Is adult"},
            (
                {f"x.json:{STEP}.language": "text/cql-identifier", f"x.json:{STEP}.expression": "Is Adult"},
                {f"x.json:{STEP}.language": "text/cql-identifier"},
            ),
            f"PlanDefinition.{STEP}.expression",
            "Logic defines no 'Is adult'; correct the name, or define it; did you mean 'Is Adult'?",
        ),
        Case(
            CONDITIONED,
            {f"x.json:{STEP}.expression": "IsAdult"},
            (
                {f"x.json:{STEP}.expression": '"Is Adult"'},
                {f"x.json:{STEP}.expression": "not IsAdult"},
                {f"x.json:{STEP}.expression": "true"},
                {f"x.json:{STEP}.expression": "IsAdult", f"x.json:{STEP}.reference": "https://other.org/x/Library/x"},
                {"logic.json:content[0].data": encoded(APOSTROPHES)},
                {"logic.json:content[0].data": encoded(SLASHES)},
            ),
            f"PlanDefinition.{STEP}.expression",
            "Logic defines no 'IsAdult'; correct the name, or define it; did you mean 'Is Adult'?",
        ),
        Case(
            library(parameter=[{"name": "Is Adult", "use": "out", "type": "boolean"}]),
            {"parameter[0].name": "Adult"},
            (
                {"parameter[0].name": "Adult", "parameter[0].use": "in"},
                {"content[0].data": encoded(CQL.replace("define", "define public", 1))},
            ),
            "Library.parameter[0].name",
            "Logic defines no 'Adult'; correct the name, or define it",
        ),
        Case(
            plan({"condition": [applicable('"Is Adult"')]}, library=["#Logic"], contained=[library()]),
            {f"{STEP}.expression": "Twice"},
            ({f"{STEP}.expression": "Twice(1)"}, {f"{STEP}.expression": "Twice", "contained[0].content": GONE}),
            f"PlanDefinition.{STEP}.expression",
            "Logic defines no 'Twice'; correct the name, or define it",
        ),
    ],
    "define-library": [
        Case(
            plan({"condition": [applicable('"Is Adult"')]}, library=[LOGIC]),
            {"library": GONE},
            (
                {"library": GONE, f"{STEP}.reference": LOGIC},
                {"library": GONE, f"{STEP}.expression": "exists X"},
                {"library": GONE, f"{STEP}.expression": "false"},
                {"library": GONE, f"{STEP}.language": "text/fhirpath", f"{STEP}.expression": "adult"},
            ),
            f"PlanDefinition.{STEP}",
            "'Is Adult' is a definition of no library: neither the expression nor the resource names one; "
            "name the library",
            "warning",
        )
    ],
    "element-id-twice": [
        Case(
            STEPS,
            {"goal[0].id": "first"},
            (
                {"id": "first"},
                {"contained": [observation(category=[{"id": "first", "text": "x"}])]},
                {"goal[0].id": "First"},
            ),
            "PlanDefinition.goal[0].id",
            "the id 'first' is given to two elements of this resource; give each its own",
        ),
        Case(
            patient(_birthDate={"id": "a"}),
            {"name[0].id": "a"},
            ({"name[0].id": "b"}, {"name[0].use": "old"}),
            "Patient.birthDate.id",
            "the id 'a' is given to two elements of this resource; give each its own",
        ),
        Case(
            bundle("collection", entry(patient(name=[{"id": "a", "text": "x"}]))),
            {"entry[0].id": "a", "entry[0].resource.id": "a", "entry[0].fullUrl": uuid(1), "id": "a"}
            | {"entry[0].resource.name[1]": {"id": "a", "text": "y"}},
            ({"entry[0].id": "a"}, {"entry[1]": entry(patient(id="q", name=[{"id": "a", "text": "x"}]))}),
            "Bundle.entry[0].resource.name[1].id",
            "the id 'a' is given to two elements of this resource; give each its own",
        ),
    ],
    "action-id-resolves": [
        Case(
            STEPS,
            {"action[1].relatedAction[0].actionId": "third"},
            (
                {"action[1].relatedAction[0].actionId": "third", "action[0].action": [{"id": "third", "title": "z"}]},
                {"action[1].relatedAction[0].actionId": "second"},
            ),
            "PlanDefinition.action[1].relatedAction[0].actionId",
            "no action here has the id 'third'; correct it, or give an action that id",
        ),
        Case(
            STEPS,
            {"action[1].relatedAction[0].actionId": "cure"},
            ({"action[0].id": "cure", "goal": GONE, "action[1].relatedAction[0].actionId": "cure"},),
            "PlanDefinition.action[1].relatedAction[0].actionId",
            "no action here has the id 'cure'; correct it, or give an action that id",
        ),
        Case(
            {
                "resourceType": "RequestGroup",
                "status": "draft",
                "intent": "proposal",
                "action": [
                    {"id": "a", "title": "x", "action": [{"title": "y", "resource": {"reference": "Task/t"}}]},
                    {
                        "title": "z",
                        "resource": {"reference": "Task/t"},
                        "relatedAction": [{"actionId": "a", "relationship": "before"}],
                    },
                ],
            },
            {"action[0].id": GONE},
            ({"action[0].id": GONE, "action[0].action[0].id": "a"},),
            "RequestGroup.action[1].relatedAction[0].actionId",
            "no action here has the id 'a'; correct it, or give an action that id",
        ),
    ],
    "related-action-itself": [
        Case(
            STEPS,
            {"action[1].relatedAction[0].actionId": "second"},
            (
                {"action[1].relatedAction[0].actionId": "Second"},
                {"action[0].relatedAction": [{"actionId": "second", "relationship": "before"}]},
            ),
            "PlanDefinition.action[1].relatedAction[0].actionId",
            "the action 'second' is related to itself; name another action, or remove the relation",
        )
    ],
    "link-id-resolves": [
        Case(
            QUESTIONS,
            {"item[1].item[0].enableWhen[0].question": "d"},
            (
                {"item[1].item[0].enableWhen[0].question": "b"},
                {"item[1].item[0].enableWhen[0].question": "d", "item[1].item[1]": {"linkId": "d", "type": "boolean"}},
            ),
            "Questionnaire.item[1].item[0].enableWhen[0].question",
            "no item here has the linkId 'd'; correct it, or give an item that linkId",
        )
    ],
    "contained-id-twice": [
        Case(
            CONTAINING | {"performer": [{"reference": "#g"}], "contained": [patient(), ORGANIZATION]},
            {"contained[1].id": "p", "performer[0].reference": "#p"},
            ({"id": "p"}, {"contained[1].identifier": [{"id": "p", "value": "x"}]}),
            "Observation.contained[1].id",
            "two contained resources have the id 'p'; give each its own",
        ),
        Case(
            bundle("collection", entry(CONTAINING), entry(CONTAINING | {"id": "q"})),
            {"entry[1].resource.contained[1]": patient()},
            ({"entry[1].resource.contained[1]": patient(id="q")},),
            "Bundle.entry[1].resource.contained[1].id",
            "two contained resources have the id 'p'; give each its own",
        ),
    ],
    "value-set-cycle": [
        Case(
            SETS_OF_SETS,
            {"last.json:compose.include[0]": {"valueSet": [url("ValueSet", "set|1.0.0")]}},
            (
                {"last.json:compose.include[0]": {"valueSet": [url("ValueSet", "sets")]}},
                {"x.json:compose.include[1]": {"valueSet": [url("ValueSet", "last")]}},
            ),
            "ValueSet.compose.include[0].valueSet[0]",
            f"this value set includes itself through {url('ValueSet', 'inner')}; break the circle",
        ),
        Case(
            SETS_OF_SETS,
            {"x.json:compose.include[1]": {"system": LOINC, "valueSet": [url("ValueSet", "set")]}},
            ({"x.json:compose.include[1]": {"system": LOINC, "valueSet": [url("ValueSet", "last")]}},),
            "ValueSet.compose.include[1].valueSet[0]",
            f"this value set includes itself through {url('ValueSet', 'set')}; break the circle",
        ),
    ],
    "goal-id-resolves": [
        Case(
            STEPS,
            {"action[0].goalId": ["first"]},
            ({"action[0].goalId": ["cure"]}, {"action[0].goalId": ["first"], "goal[0].id": "first"}),
            "PlanDefinition.action[0].goalId[0]",
            "no goal here has the id 'first'; correct it, or give a goal that id",
        )
    ],
    "apply-id-length": [
        Case(
            JOINED,
            {"x.json:action[0].id": "b" * 33},
            (
                {"x.json:action[0].title": "b" * 65},
                {"x.json:action[0].id": "b" * 33, "activity.json:id": "a" * 30},
                {"x.json:action[0].id": "b" * 33, "activity.json:": GONE},
            ),
            "PlanDefinition.action[0].id",
            f"'{'b' * 33}' and '{LONG}' joined have 65 characters, and an id may have 64; shorten one of them",
        )
    ],
    "plan-cycle": [
        Case(
            NESTED_PLANS,
            {"inner.json:action[0].definitionCanonical": url("PlanDefinition", "plan|1.0.0")},
            (
                {"inner.json:action[0].definitionCanonical": url("PlanDefinition", "plans")},
                {"inner.json:action[0].relatedAction": [{"actionId": "plan", "relationship": "after"}]},
                {"x.json:action[1]": {"title": "x", "definitionCanonical": url("PlanDefinition", "last")}},
            ),
            "PlanDefinition.action[0]",
            "this plan leads back to itself: plan > inner > plan; break the circle",
        ),
        Case(
            NESTED_PLANS,
            {"x.json:action[1]": {"title": "x", "definitionCanonical": url("PlanDefinition", "plan")}},
            ({"x.json:action[1]": {"title": "x", "definitionCanonical": url("PlanDefinition", "plan|2.0.0")}},),
            "PlanDefinition.action[1]",
            "this plan leads back to itself: plan > plan; break the circle",
        ),
        Case(
            plan({"title": "x"}),
            {"action[0].definitionCanonical": url("PlanDefinition", "plan")},
            ({"action[0].definitionUri": url("PlanDefinition", "plan")},),
            "PlanDefinition.action[0]",
            "this plan leads back to itself: plan > plan; break the circle",
        ),
    ],
    "activity-product": [
        Case(
            canonical("ActivityDefinition", "a", kind="MedicationRequest", productCodeableConcept={"text": "x"}),
            {"productCodeableConcept": GONE},
            (
                {"productCodeableConcept": GONE, "productReference": {"reference": "Medication/m"}},
                {"productCodeableConcept": GONE, "kind": "Task"},
                {"productCodeableConcept": GONE, "transform": url("StructureMap", "m")},
                {
                    "productCodeableConcept": GONE,
                    "dynamicValue": [{"path": "medication", "expression": {"language": "text/cql", "expression": "1"}}],
                },
            ),
            "ActivityDefinition",
            "a MedicationRequest is made of this, and it names no product; give product[x]",
        )
    ],
    "activity-code": [
        Case(
            canonical("ActivityDefinition", "a", kind="ServiceRequest", code={"text": "x"}),
            {"code": GONE},
            ({"code": GONE, "kind": "Appointment"}, {"code": GONE, "kind": GONE}),
            "ActivityDefinition",
            "a ServiceRequest is made of this, and it has no code; give code",
        ),
        Case(
            canonical("ActivityDefinition", "a", kind="CommunicationRequest", code={"text": "x"}),
            {"code": GONE},
            (
                {
                    "code": GONE,
                    "dynamicValue": [{"path": "code.text", "expression": {"language": "text/cql", "expression": "1"}}],
                },
            ),
            "ActivityDefinition",
            "a CommunicationRequest is made of this, and it has no code; give code",
        ),
    ],
    "id-twice": [
        Case(
            TWO,
            {"x.json:id": "p"},
            (
                {"x.json:id": "P"},
                {"x.json:id": "p", "x.json:resourceType": "Person"},
                {"x.json:": bundle("collection", entry(patient()))},
                {"x.json:": observation(contained=[patient()], subject={"reference": "#p"})},
            ),
            "Patient.id",
            "Patient/p is also in a.json; keep one of them, or give one another id",
        ),
        Case(
            {"x.ndjson": text(patient(), patient(id="q"))},
            {b'"id": "q"': b'"id": "p"'},
            ({b'"id": "q"': b'"id": "p-"'},),
            "Patient.id",
            "Patient/p is also in x.ndjson:1; keep one of them, or give one another id",
            file="x.ndjson",
        ),
    ],
    "url-twice": [
        Case(
            TWO_SETS,
            {"x.json:url": url("ValueSet", "set")},
            (
                {"x.json:url": url("ValueSet", "set"), "x.json:version": "1.0.1"},
                {"x.json:url": url("ValueSet", "set"), "x.json:version": GONE},
                {"x.json:url": url("ValueSet", "Set")},
            ),
            "ValueSet.url",
            f"{url('ValueSet', 'set')}|1.0.0 is also in a.json; keep one of them, or give one another url or version",
        )
    ],
}

ALWAYS_FHIRPATH = {
    "resourceType": "SearchParameter",
    "url": url("SearchParameter", "s"),
    "name": "Search",
    "status": "draft",
    "description": "x",
    "code": "s",
    "base": ["Patient"],
    "type": "string",
    "expression": "Patient.name",
}
ASKED = plan({"condition": [applicable("name.exists()", language="text/fhirpath")]})
TIMING = observation(effectiveTiming={"repeat": {"duration": 1, "durationUnit": "h"}})
CORRECT = "correct the expression"

INVARIANTS: dict[str, list[Case]] = {
    "fhirpath-syntax": [
        Case(
            ASKED,
            {f"{STEP}.expression": "name.exists("},
            tuple(
                {f"{STEP}.expression": each}
                for each in (
                    "name.where(use = 'official' and given.count() > 1).given.first()",
                    "%`ext-patient` is FHIR.Patient or (value as Quantity) > 1 'mg'",
                    "iif($this.exists(), @2020-01-31T09:30:00+01:00 + 1 year, today()) // since when",
                    "name.given.memberOf('http://example.org').not()",
                    "`name`.select(given & ' ' & family) | {}",
                    "repeat(item).aggregate($this + $total, 0)",
                )
            ),
            f"PlanDefinition.{STEP}.expression",
            f"this is not FHIRPath: its parentheses do not match; {CORRECT}",
        ),
        Case(
            ASKED,
            {f"{STEP}.expression": "name given"},
            ({f"{STEP}.expression": "name given", f"{STEP}.language": "text/cql"},),
            f"PlanDefinition.{STEP}.expression",
            f"this is not FHIRPath: it can't be parsed at 'given'; {CORRECT}",
        ),
        Case(
            ALWAYS_FHIRPATH,
            {"expression": "Patient.name.exist()"},
            ({"expression": "Patient.name.exist"}, {"expression": "Patient.name.resolve().exists()"}),
            "SearchParameter.expression",
            f"this is not FHIRPath: there is no function exist(); {CORRECT}",
        ),
    ],
    "invariant-not-checked": [
        Case(
            TIMING,
            {"effectiveTiming.repeat.duration": "one"},
            ({"effectiveTiming.repeat.duration": -1}, {"effectiveTiming.repeat.count": "one"}),
            "Observation.effective.repeat",
            "not checked: the invariant tim-4 could not be evaluated "
            '(Exception: Type of "one" (str) did not match type of "0" (int). InequalityExpression); judge it by hand',
            "information",
        )
    ],
}

CASES = JSON | STRUCTURE | TERMINOLOGY | REFERENCES | INVARIANTS
