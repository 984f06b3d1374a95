"""Changes of good resources: what trips each of the package's own rules, and what is only near it."""

from typing import Any

from ..resources import BASE, LIBRARY, PACKAGE, STRATEGY

CORE = "http://hl7.org/fhir/StructureDefinition"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition"
TAG = f"{BASE}/CodeSystem/package|cervical-options"
PAGE = "https://cancer.ca/en/cancer-information/cancer-types/cervical/treatment/recurrent"
TWIN = f"{CORE}/cqf-alternativeExpression"

ACTIVITY = "ActivityDefinition/cervical-cisplatin"
CONSULTATION = "ActivityDefinition/cervical-consultation"
DRUG = "Medication/cervical-cisplatin"
DRUGS = "CodeSystem/cervical-drugs"
LIST = "CodeSystem/cervical-statements"
TAGS = "CodeSystem/cervical-package"
GUIDE = "ImplementationGuide/cervical-guide"
MANIFEST = "Library/cervical-manifest"
QUESTIONS = "Questionnaire/cervical-facts"
FACTS = "ValueSet/cervical-fact-codes"
TESTS = "ValueSet/cervical-pd-l1-tests"
PRODUCTS = "ValueSet/cervical-chemotherapy-drugs"
OFFER = "PlanDefinition/cervical-offer-pembrolizumab"
TOGETHER = "PlanDefinition/cervical-plan-pembrolizumab"
PAIR = "PlanDefinition/cervical-cisplatin-paclitaxel"
OPERATIONS = "PlanDefinition/cervical-choice-operation"
BEVACIZUMAB = "PlanDefinition/cervical-plan-bevacizumab"
VIEW = "PlanDefinition/cervical-patient-view"
SIGN = "PlanDefinition/cervical-order-sign"

CONDITION = "action[0].condition[0]"
EXPRESSION = f"{CONDITION}.expression"
RELATED = "action[0].action[1].relatedAction[0]"
LEAF = "action[0].action[0].action[0].definitionCanonical"
LOGIC = f"{BASE}/{LIBRARY}"
PINNED = f"{BASE}/{STRATEGY}|0.1.0"
LONG = f"cervical{'-word' * 7}"
LISTED = PACKAGE[MANIFEST]["relatedArtifact"][0]["resource"].partition("|")[0]
STATEMENT = PACKAGE[PAIR]["action"][0]["documentation"][0]["citation"]
NO_TWIN = f"add one extension {TWIN} with an expression in text/fhirpath"

Change = tuple[str, str, Any]  # resource, path in it, what to put there or None to take away

# rule, the change that trips it, and all that is then told of the resource
TRIPS: dict[str, list[tuple[Change, str]]] = {
    "package-tag": [
        ((ACTIVITY, "meta.tag", None), f"ActivityDefinition.meta: the package's tag is missing; add {TAG} to meta.tag"),
        ((DRUG, "meta", None), f"Medication: the package's tag is missing; add {TAG} to meta.tag"),
        ((FACTS, "meta.tag[0].system", BASE), f"ValueSet.meta: the package's tag is missing; add {TAG} to meta.tag"),
    ],
    "package-id": [
        (
            (ACTIVITY, "id", "cisplatin"),
            "ActivityDefinition.id: the id 'cisplatin' is not cervical- and words in kebab-case; "
            "rename it, in file name and url too",
        ),
        (
            (MANIFEST, "id", "cervical_manifest"),
            "Library.id: the id 'cervical_manifest' is not cervical- and words in kebab-case; "
            "rename it, in file name and url too",
        ),
        (
            (ACTIVITY, "id", LONG),
            f"ActivityDefinition.id: the id '{LONG}' has 43 characters; shorten it to 40, in file name and url too",
        ),
        (
            (ACTIVITY, "id", None),
            "ActivityDefinition: no id is not cervical- and words in kebab-case; rename it, in file name and url too",
        ),
    ],
    "package-url": [
        (
            (ACTIVITY, "url", f"{BASE}/{ACTIVITY}e"),
            f"ActivityDefinition.url: the url is {BASE}/{ACTIVITY}e; write {BASE}/{ACTIVITY}",
        ),
        (
            (TAGS, "url", f"{BASE}/CodeSystem/tag"),
            f"CodeSystem.url: the url is {BASE}/CodeSystem/tag; write {BASE}/{TAGS}",
        ),
        (
            (DRUG, "extension[0].valueUri", f"{BASE}/Medication/cisplatin"),
            f"Medication.extension[0].valueUri: the url is {BASE}/Medication/cisplatin; write {BASE}/{DRUG}",
        ),
        ((PAIR, "url", None), f"PlanDefinition: no url of this package; write {BASE}/{PAIR}"),
    ],
    "package-version": [
        ((FACTS, "version", None), "ValueSet: no version; add version, such as 0.1.0"),
        ((DRUG, "extension[1]", None), f"Medication: no version; add extension {CORE}/artifact-version"),
    ],
    "package-library-name": [
        (
            (LIBRARY, "name", "CervicalLogic"),
            "Library.name: the name is 'CervicalLogic' and the id 'CervicalOptionsLogic'; "
            "write the name of the CQL library for both",
        ),
    ],
    "package-medication-identifier": [
        (
            (DRUG, "identifier[0].value", "cervical-cisplatin"),
            f"Medication.identifier[0].value: no identifier of this package; add {BASE}/medication|cisplatin",
        ),
        ((DRUG, "identifier", None), f"Medication: no identifier of this package; add {BASE}/medication|cisplatin"),
    ],
    "package-fhir-version": [
        (
            (GUIDE, "fhirVersion[1]", "5.0.0"),
            "ImplementationGuide.fhirVersion: fhirVersion is '4.0.1', '5.0.0'; write 4.0.1",
        ),
    ],
    "package-pinned": [
        (
            (OFFER, f"{EXPRESSION}.reference", LOGIC),
            f"PlanDefinition.{EXPRESSION}.reference: {LOGIC} is pinned to no version; write {LOGIC}|0.1.0",
        ),
        (
            (OPERATIONS, "library[0]", f"{LOGIC}|0.0.9"),
            f"PlanDefinition.library[0]: {LOGIC} is pinned to 0.0.9, and the resource has version 0.1.0; "
            f"write {LOGIC}|0.1.0",
        ),
    ],
    "package-one-version": [
        (
            (OPERATIONS, "version", "0.2.0"),
            "PlanDefinition.version: the version is 0.2.0, and that of the release is 0.1.0; "
            "write 0.1.0, or a new one for all",
        ),
        (
            (DRUG, "extension[1].valueString", "0.2.0"),
            "Medication.extension[1].valueString: the version is 0.2.0, and that of the release is 0.1.0; "
            "write 0.1.0, or a new one for all",
        ),
        (
            (MANIFEST, "version", "0.2.0"),
            "Library.version: the version is 0.2.0, and that of the release is 0.1.0; "
            "write 0.1.0, or a new one for all",
        ),
    ],
    "package-code-version": [
        (
            (FACTS, "compose.include[0].version", None),
            f"ValueSet.compose.include[0]: a code of {BASE}/CodeSystem/cervical-facts names no version; "
            "write version 0.1.0",
        ),
        (
            (DRUG, "code.coding[2].version", "0.0.9"),
            f"Medication.code.coding[2]: a code of {BASE}/{DRUGS} names version 0.0.9; write version 0.1.0",
        ),
    ],
    "package-draft": [
        (
            (ACTIVITY, "status", "active"),
            "ActivityDefinition.status: the status is 'active'; write draft: no clinician has reviewed it",
        ),
        ((FACTS, "status", None), "ValueSet: the status is missing; write draft: no clinician has reviewed it"),
    ],
    "package-experimental": [
        (
            (ACTIVITY, "experimental", False),
            "ActivityDefinition.experimental: it is not said to be experimental; add experimental with the value true",
        ),
        (
            (DRUG, "extension[2]", None),
            f"Medication: it is not said to be experimental; add extension {CORE}/artifact-experimental "
            "with the value true",
        ),
        (
            (DRUG, "extension[2].valueBoolean", False),
            "Medication.extension[2].valueBoolean: it is not said to be experimental; "
            f"add extension {CORE}/artifact-experimental with the value true",
        ),
    ],
    "package-no-review": [
        (
            (OFFER, "approvalDate", "2026-11-24"),
            "PlanDefinition.approvalDate: approvalDate claims a review, and no clinician has reviewed the content; "
            "remove it",
        ),
        (
            (ACTIVITY, "reviewer", [{"name": "N. N."}]),
            "ActivityDefinition.reviewer: reviewer claims a review, and no clinician has reviewed the content; "
            "remove it",
        ),
        (
            (DRUG, "extension[5]", {"url": f"{CORE}/artifact-lastReviewDate", "valueDate": "2026-11-24"}),
            "Medication.extension[5]: artifact-lastReviewDate claims a review, and no clinician has reviewed the "
            "content; remove it",
        ),
    ],
    "package-statement-id": [
        (
            (ACTIVITY, "relatedArtifact[0].label", "S-23, S-70"),
            "ActivityDefinition.relatedArtifact[0].label: 'S-70' is no statement of the page; name one of S-01 to S-69",
        ),
        (
            (PAIR, "action[0].documentation[0].label", "37"),
            "PlanDefinition.action[0].documentation[0].label: '37' is no statement of the page; "
            "name one of S-01 to S-69",
        ),
        (
            (DRUGS, "concept[0].property[0].valueCoding.code", "L-01"),
            "CodeSystem.concept[0].property[0].valueCoding.code: 'L-01' is no statement of the page; "
            "name one of S-01 to S-69",
        ),
        (
            (ACTIVITY, "description", "What S-100 says."),
            "ActivityDefinition.description: 'S-100' is no statement of the page; name one of S-01 to S-69",
        ),
        (
            (LIST, "concept[0].code", "S-1"),
            "CodeSystem.concept[0].code: 'S-1' is no statement of the page; name one of S-01 to S-69",
        ),
    ],
    "package-statement-text": [
        (
            (PAIR, "action[0].documentation[0].citation", "cisplatin, then paclitaxel"),
            "PlanDefinition.action[0].documentation[0].citation: beside S-37 stands another text than in the list of "
            f"statements; write {STATEMENT!r}",
        ),
    ],
    "package-statement": [
        (
            (ACTIVITY, "relatedArtifact[0]", None),
            "ActivityDefinition: the ActivityDefinition rests on no statement of the page; "
            "add relatedArtifact of type derived-from, with S-ids as its label",
        ),
        (
            (DRUG, "extension[4]", None),
            "Medication: the Medication rests on no statement of the page; "
            "add extension artifact-relatedArtifact of type derived-from, with S-ids as its label",
        ),
    ],
    "package-action-statement": [
        (
            (PAIR, "action[0].documentation", None),
            "PlanDefinition.action[0]: the action 'together' rests on no statement of the page; "
            "add documentation with the S-id as its label",
        ),
    ],
    "package-concept-statement": [
        (
            (DRUGS, "concept[0].property[0]", None),
            "CodeSystem.concept[0]: the concept 'cisplatin' rests on no statement of the page; "
            "add the property statement with its S-id",
        ),
    ],
    "package-plan-statements": [
        (
            (PAIR, "relatedArtifact[0].label", "S-36"),
            "PlanDefinition: actions rest on S-37, which the plan does not name; "
            "add what is missing to the label of derived-from",
        ),
    ],
    "package-page": [
        (
            (ACTIVITY, "relatedArtifact[0].url", "https://cancer.ca/en/treatments"),
            "ActivityDefinition.relatedArtifact[0].url: the source cited is https://cancer.ca/en/treatments; "
            f"write {PAGE} as url",
        ),
        (
            (PAIR, "action[0].documentation[0].url", None),
            f"PlanDefinition.action[0].documentation[0]: no source is cited; write {PAGE} as url",
        ),
    ],
    "package-no-dose": [
        (
            (ACTIVITY, "dosage", [{"text": "as the team decides"}]),
            "ActivityDefinition.dosage: dosage says how much, and the page gives no dose; remove it",
        ),
        (
            (ACTIVITY, "quantity", {"value": 1}),
            "ActivityDefinition.quantity: quantity says how much, and the page gives no dose; remove it",
        ),
        (
            (DRUG, "amount", {"numerator": {"value": 1}}),
            "Medication.amount: amount says how much, and the page gives no dose; remove it",
        ),
        (
            (DRUG, "ingredient[0].strength", {"numerator": {"value": 1}}),
            "Medication.ingredient[0].strength: strength says how much, and the page gives no dose; remove it",
        ),
        (
            (ACTIVITY, "dynamicValue", [{"path": "dispenseRequest.quantity"}]),
            "ActivityDefinition.dynamicValue[0]: a dynamic value of dispenseRequest.quantity says how much, "
            "and the page gives no dose; remove it",
        ),
    ],
    "package-no-timing": [
        (
            (ACTIVITY, "timingTiming", {"repeat": {"count": 1}}),
            "ActivityDefinition.timingTiming: timingTiming says when or how long, and the page does not; remove it",
        ),
        (
            (PAIR, "action[0].timingDuration", {"value": 1}),
            "PlanDefinition.action[0].timingDuration: timingDuration says when or how long, and the page does not; "
            "remove it",
        ),
        (
            (PAIR, "action[0].extension", [{"url": f"{CORE}/timing-daysOfCycle"}]),
            "PlanDefinition.action[0].extension[0]: timing-daysOfCycle says when or how long, and the page does not; "
            "remove it",
        ),
        (
            (TOGETHER, f"{RELATED}.offsetDuration", {"value": 1}),
            f"PlanDefinition.{RELATED}.offsetDuration: offsetDuration says when or how long, and the page does not; "
            "remove it",
        ),
        (
            (PAIR, "action[0].dynamicValue", [{"path": "timing.repeat.count"}]),
            "PlanDefinition.action[0].dynamicValue[0]: a dynamic value of timing.repeat.count says when or how long, "
            "and the page does not; remove it",
        ),
    ],
    "package-no-quantity": [
        (
            (ACTIVITY, "useContext[0].valueQuantity", {"value": 2}),
            "ActivityDefinition.useContext[0].valueQuantity: valueQuantity stands for a number, "
            "and the page sets no size or limit; remove it",
        ),
        (
            (QUESTIONS, "item[0].item[0].type", "quantity"),
            "Questionnaire.item[0].item[0].type: the type quantity stands for a number, "
            "and the page sets no size or limit; remove it",
        ),
    ],
    "package-no-grade": [
        (
            (PAIR, "action[0].extension", [{"url": f"{CORE}/{name}"}]),
            f"PlanDefinition.action[0].extension[0]: {name} grades what the page only says may be offered; remove it",
        )
        for name in ("cqf-strengthOfRecommendation", "cqf-qualityOfEvidence", "cpg-rating")
    ]
    + [
        (
            (OFFER, "action[0].extension", [{"url": f"{CPG}/cpg-directionOfRecommendation"}]),
            "PlanDefinition.action[0].extension[0]: cpg-directionOfRecommendation grades what the page only says "
            "may be offered; remove it",
        ),
    ],
    "package-no-measure-in-text": [
        (
            (ACTIVITY, "description", f"Cisplatin, {dose}."),
            f"ActivityDefinition.description: the text says '{told}', and the page gives no dose, time or size; "
            "remove it from the text",
        )
        for dose, told in (
            *(("40 mg/m2", "40 mg"), ("1.2 g/m²", "1.2 g/m²"), ("45 Gy", "45 gy"), ("250mL", "250ml")),
            *(("AUC 5", "auc 5"), ("3 weeks", "3 weeks"), ("21-day", "21-day"), ("on day 8", "day 8")),
            *(("six cycles", "six cycles"), ("at most 2 cm", "2 cm"), ("30 % less", "30 %")),
        )
    ],
    "package-proposal": [
        ((ACTIVITY, "intent", "order"), "ActivityDefinition.intent: the intent is 'order'; write proposal"),
        ((ACTIVITY, "intent", None), "ActivityDefinition: the intent is missing; write proposal"),
    ],
    "package-not-against": [
        (
            (ACTIVITY, "doNotPerform", True),
            "ActivityDefinition.doNotPerform: doNotPerform is not false, and the page advises against nothing; "
            "write false",
        ),
    ],
    "package-kind": [
        (
            (CONSULTATION, "kind", "Appointment"),
            "ActivityDefinition.kind: the kind is 'Appointment'; "
            "write one of CommunicationRequest, MedicationRequest, ServiceRequest, Task",
        ),
    ],
    "package-priority": [
        (
            (ACTIVITY, "priority", "urgent"),
            "ActivityDefinition.priority: the priority is 'urgent'; write routine",
        ),
        (
            (OFFER, "action[0].priority", "stat"),
            "PlanDefinition.action[0].priority: the priority is 'stat'; write routine",
        ),
        (
            (VIEW, "action[0].priority", "urgent"),
            "PlanDefinition.action[0].priority: the priority is 'urgent'; write routine",
        ),
        (
            (SIGN, "action[0].priority", "asap"),
            "PlanDefinition.action[0].priority: the priority is 'asap'; write routine",
        ),
    ],
    "package-warning": [
        (
            (SIGN, "action[2].priority", "urgent"),
            "PlanDefinition.action[2].priority: an urgent card is a warning, and this one rests on S-46; "
            "write routine, or name S-49, S-52 or S-53 alone",
        ),
    ],
    "package-not-required": [
        (
            (BEVACIZUMAB, "action[1].requiredBehavior", "must"),
            "PlanDefinition.action[1].requiredBehavior: requiredBehavior is 'must', and the page requires nothing; "
            "write could, or remove it",
        ),
    ],
    "package-not-chosen": [
        (
            (TOGETHER, "action[1].precheckBehavior", "yes"),
            "PlanDefinition.action[1].precheckBehavior: the action is chosen beforehand, and does not rest on S-43; "
            "write precheckBehavior no",
        ),
    ],
    "package-no-order": [
        (
            (TOGETHER, f"{RELATED}.relationship", "after-end"),
            f"PlanDefinition.{RELATED}.relationship: the relation to another action is 'after-end', "
            "and the page sets no order; remove it",
        ),
        (
            (OPERATIONS, "action[0].action[0].prefix", "1."),
            "PlanDefinition.action[0].action[0].prefix: the prefix '1.' numbers the action, "
            "and the page sets no order; remove it",
        ),
    ],
    "package-choice": [
        (
            (STRATEGY, "action[0].selectionBehavior", "all"),
            "PlanDefinition.action[0].selectionBehavior: selectionBehavior is 'all', which takes the choice away; "
            "write any or at-most-one",
        ),
        (
            (VIEW, "action[0].selectionBehavior", "exactly-one"),
            "PlanDefinition.action[0].selectionBehavior: selectionBehavior is 'exactly-one', which takes the choice "
            "away; write any or at-most-one",
        ),
    ],
    "package-one-operation": [
        (
            (OPERATIONS, "action[0].selectionBehavior", "any"),
            "PlanDefinition.action[0].selectionBehavior: both operations are listed, and more than one may be chosen; "
            "write selectionBehavior at-most-one",
        ),
        (
            (STRATEGY, "action[0].action[6].selectionBehavior", None),
            "PlanDefinition.action[0].action[6]: both operations are listed, and more than one may be chosen; "
            "write selectionBehavior at-most-one",
        ),
    ],
    "package-condition-kind": [
        (
            (OFFER, f"{CONDITION}.kind", "start"),
            f"PlanDefinition.{CONDITION}.kind: the condition is of the kind 'start'; write applicability",
        ),
    ],
    "package-condition-logic": [
        (
            (OFFER, f"{EXPRESSION}.language", "text/fhirpath"),
            f"PlanDefinition.{EXPRESSION}.language: the language is 'text/fhirpath'; write text/cql",
        ),
        (
            (OFFER, f"{EXPRESSION}.expression", "not PembrolizumabOffered"),
            f"PlanDefinition.{EXPRESSION}.expression: the expression is not the bare name of a define; "
            "name one, as in CQL",
        ),
        (
            (OFFER, f"{EXPRESSION}.reference", "https://example.org/Library/Other|1"),
            f"PlanDefinition.{EXPRESSION}.reference: the expression refers to no Library of this package; "
            f"add {BASE}/Library/…",
        ),
        (
            (OFFER, EXPRESSION, None),
            f"PlanDefinition.{CONDITION}: the condition has no expression; name a define of the logic",
        ),
    ],
    "package-condition-twin": [
        ((OFFER, f"{EXPRESSION}.extension", None), f"PlanDefinition.{EXPRESSION}: no twin in FHIRPath; {NO_TWIN}"),
        (
            (OFFER, f"{EXPRESSION}.extension[1]", {"url": TWIN}),
            f"PlanDefinition.{EXPRESSION}: 2 twins in FHIRPath; {NO_TWIN}",
        ),
        (
            (OFFER, f"{EXPRESSION}.extension[0].valueExpression.language", "text/cql"),
            f"PlanDefinition.{EXPRESSION}.extension: the twin is no expression in FHIRPath; {NO_TWIN}",
        ),
    ],
    "package-drug-link": [
        (
            (ACTIVITY, "relatedArtifact[1]", None),
            "ActivityDefinition: cervical-cisplatin depends on no Medication of this package; "
            "add a relatedArtifact of type depends-on",
        ),
    ],
    "package-drug-concept": [
        (
            (ACTIVITY, "productCodeableConcept", None),
            "ActivityDefinition: the drug is not named by codes; write productCodeableConcept, as Medication.code",
        ),
    ],
    "package-drug-codes": [
        (
            (ACTIVITY, "productCodeableConcept.coding[1].code", "L01XA02"),
            f"ActivityDefinition.productCodeableConcept: the codes differ from those of {DRUG}; "
            "write the same as in its code",
        ),
    ],
    "package-few-cards": [
        (
            (VIEW, "action[4]", PACKAGE[VIEW]["action"][3]),
            "PlanDefinition.action[4]: 5 actions at the top, each of them a card; put them into at most 4",
        ),
    ],
    "package-no-drug-card": [
        (
            (VIEW, LEAF, f"{BASE}/{definition}|0.1.0"),
            f"PlanDefinition.{LEAF}: {definition.rpartition('/')[2]} leads to an order of a drug; "
            "lead to a consultation, and choose drugs in the order set",
        )
        for definition in (
            "ActivityDefinition/cervical-cemiplimab",
            BEVACIZUMAB,
            "PlanDefinition/cervical-choice-chemotherapy",
        )
    ],
    "package-one-hook": [
        (
            (SIGN, "action[1].trigger[0].name", "order-select"),
            "PlanDefinition: actions have the triggers order-select, order-sign; make a plan for each hook",
        ),
    ],
    "package-card-title": [
        (
            (SIGN, "action[0].title", "x" * 140),
            "PlanDefinition.action[0].title: the title has 140 characters; shorten it to less than 140",
        ),
    ],
    "package-card-priority": [
        ((SIGN, "action[1].priority", None), "PlanDefinition.action[1]: no priority; write routine"),
    ],
    "package-card-limits": [
        (
            (SIGN, "action[1].description", "Not medical advice."),
            "PlanDefinition.action[1].description: the card does not say 'contraindications are not checked'; "
            "add it to the description",
        ),
    ],
    "package-narrative": [
        (
            (ACTIVITY, "text", None),
            "ActivityDefinition: no narrative; add text with a div that says what the resource says",
        ),
    ],
    "package-disclaimer": [
        (
            (ACTIVITY, "text.div", "<div>Not medical advice.</div>"),
            "ActivityDefinition.text.div: the narrative does not say 'not reviewed by a clinician'; add it",
        ),
        (
            (PAIR, "usage", "Not medical advice. Draft, not reviewed by a clinician."),
            "PlanDefinition.usage: the usage does not say 'contraindications are not checked' or "
            "'unknown is never no'; add it",
        ),
    ],
    "package-no-contraindication": [
        (
            (OFFER, "action[2].description", "It is contraindicated."),
            "PlanDefinition.action[2].description: the text says 'contraindicated'; "
            "write that the page's condition is not met",
        ),
    ],
    "package-no-ordering-word": [
        (
            (ACTIVITY, "description", text),
            f"ActivityDefinition.description: the text says '{told}', which orders or recommends; "
            "write what may be offered, and when",
        )
        for text, told in (
            ("Cisplatin must be given.", "must"),
            ("Give cisplatin.", "give cisplatin"),
            ("A drug. Start with it.", "start with"),
            ("Cisplatin is recommended.", "recommended"),
            ("It should be given.", "should be"),
            ("It has to be given.", "has to be"),
            ("It is indicated here.", "is indicated"),
        )
    ],
    "package-no-ranking-word": [
        (
            (ACTIVITY, "description", text),
            f"ActivityDefinition.description: the text says '{told}', which ranks; leave it out",
        )
        for text, told in (
            ("The preferred drug.", "preferred"),
            ("First-line treatment.", "first-line"),
            ("A drug of the second line.", "second line"),
            ("The best drug.", "best"),
            ("The treatment of choice.", "treatment of choice"),
            ("Standard of care.", "standard of care"),
        )
    ],
    "package-no-misread-name": [
        (
            (ACTIVITY, "title", "RCC: cisplatin"),
            "ActivityDefinition.title: the text says 'rcc', which in oncology is renal cell carcinoma; write it out",
        ),
    ],
    "package-copyright": [
        (
            (ACTIVITY, "copyright", "SNOMED CT"),
            "ActivityDefinition.copyright: codes of RxNorm, ATC are used, and no copyright names them; "
            "add the notice of each",
        ),
        (
            (DRUG, "extension[3].valueMarkdown", "SNOMED CT, RxNorm"),
            "Medication.extension[3].valueMarkdown: codes of ATC are used, and no copyright names them; "
            "add the notice of each",
        ),
        (
            (TESTS, "copyright", None),
            "ValueSet: codes of SNOMED CT, LOINC, NCI Thesaurus are used, and no copyright names them; "
            "add the notice of each",
        ),
    ],
    "package-manifest": [
        (
            (MANIFEST, "relatedArtifact[0]", None),
            f"Library: the manifest does not name {LISTED}; add a relatedArtifact of type composed-of with its version",
        ),
    ],
    "package-guide": [
        (
            (GUIDE, "definition.resource[0]", None),
            "ImplementationGuide.definition: the guide does not name "
            f"{PACKAGE[GUIDE]['definition']['resource'][0]['reference']['reference']}; add it to definition.resource",
        ),
    ],
    "package-depends": [
        (
            (BEVACIZUMAB, "relatedArtifact[2]", None),
            f"PlanDefinition: it leads to {BASE}/PlanDefinition/cervical-choice-chemotherapy, and does not say that it "
            "depends on it; add a relatedArtifact of type depends-on",
        ),
    ],
}

# what is near a rule and trips nothing
NEAR: dict[str, list[Change]] = {
    "package-tag": [(ACTIVITY, "meta.tag[1]", {"system": "https://example.org/tags", "code": "reviewed-here"})],
    "package-id": [(TAGS, "description", "An id that differs from the end of the url."), (LIBRARY, "title", "Logic")],
    "package-url": [(TAGS, "url", f"{BASE}/{TAGS}"), (TAGS, "url", f"{BASE}/CodeSystem/package")],
    "package-version": [(DRUG, "version", "0.1.0")],
    "package-library-name": [(MANIFEST, "name", "Manifest")],
    "package-medication-identifier": [(DRUG, "identifier[1]", {"system": "https://example.org", "value": "17"})],
    "package-fhir-version": [(GUIDE, "fhirVersion", ["4.0.1"])],
    "package-pinned": [
        (OFFER, "relatedArtifact[5]", {"type": "depends-on", "resource": "https://example.org/Library/Other"}),
        (OFFER, "relatedArtifact[1].resource", f"{BASE}/ActivityDefinition/cervical-fact-questions|0.1.0#part"),
        (OFFER, "description", f"See {BASE}/{STRATEGY} for all."),
    ],
    "package-one-version": [(OPERATIONS, "date", "2026-12-01")],
    "package-code-version": [(DRUG, "code.coding[0].version", "2025-10")],
    "package-draft": [(DRUG, "status", "inactive")],
    "package-experimental": [(DRUG, "extension[2].id", "x")],
    "package-no-review": [(OFFER, "date", "2026-11-25"), (OFFER, "author", [{"name": "N. N."}])],
    "package-statement-id": [
        (ACTIVITY, "relatedArtifact[0].label", "S-23, S-69"),
        (ACTIVITY, "description", "S-01, S-69 and the drug TS-1."),
        (LIST, "concept[72].code", "L-09"),
    ],
    "package-statement-text": [(PAIR, "action[0].documentation[0].citation", None)],
    "package-manifest": [(MANIFEST, "relatedArtifact[110]", {"type": "documentation", "label": "S-01", "url": PAGE})],
    "package-guide": [(GUIDE, "definition.resource[110]", {"reference": {"reference": "Bundle/example"}})],
    "package-depends": [(OPERATIONS, "extension[2]", {"url": f"{CPG}/cpg-partOf", "valueCanonical": PINNED})],
    "package-statement": [(GUIDE, "description", "Rests on the page as a whole. Not medical advice.")],
    "package-action-statement": [(PAIR, "action[0].documentation[0].label", "S-37")],
    "package-concept-statement": [("CodeSystem/cervical-answers", "concept[0].display", "Yes, recorded")],
    "package-plan-statements": [(PAIR, "relatedArtifact[0].label", "S-22, S-37")],
    "package-page": [(ACTIVITY, "relatedArtifact[2]", {"type": "citation", "label": "S-69", "citation": "A book."})],
    "package-no-dose": [(ACTIVITY, "dynamicValue", [{"path": "reasonCode"}]), (DRUG, "form", {"text": "injection"})],
    "package-no-timing": [(PAIR, "action[0].extension", [{"url": f"{CORE}/cqf-note"}])],
    "package-no-quantity": [
        (ACTIVITY, "useContext[0].valueReference", {"display": "x"}),
        (QUESTIONS, "item[0].item[0].type", "boolean"),
    ],
    "package-no-grade": [(OFFER, "extension[3]", {"url": f"{CPG}/cpg-integrating"})],
    "package-no-measure-in-text": [
        (ACTIVITY, "description", "5-FU and PD-L1, S-13 magnifies, 10th ed., 2015, one drug a day, version 0.1.0."),
        (PRODUCTS, "title", "cisplatin 50 MG Injection"),
    ],
    "package-proposal": [(CONSULTATION, "purpose", "To order nothing.")],
    "package-not-against": [(ACTIVITY, "doNotPerform", None)],
    "package-kind": [(CONSULTATION, "kind", "Task")],
    "package-priority": [(ACTIVITY, "priority", None), (OFFER, "action[0].priority", None)],
    "package-warning": [(SIGN, "action[1].priority", "urgent")],
    "package-not-required": [(BEVACIZUMAB, "action[1].requiredBehavior", None)],
    "package-not-chosen": [
        (BEVACIZUMAB, "action[1].title", "Chemotherapy"),
        (TOGETHER, "action[1].precheckBehavior", "no"),
    ],
    "package-no-order": [(TOGETHER, RELATED, None)],
    "package-choice": [
        (VIEW, "action[0].selectionBehavior", "at-most-one"),
        (PAIR, "action[0].selectionBehavior", "all"),
    ],
    "package-one-operation": [(OPERATIONS, "action[0].action[1]", None)],
    "package-condition-kind": [(OFFER, "action[0].condition", None)],
    "package-condition-logic": [(OFFER, f"{EXPRESSION}.expression", "PembrolizumabNotMet")],
    "package-condition-twin": [(OFFER, f"{EXPRESSION}.extension[1]", {"url": f"{CORE}/cqf-note"})],
    "package-drug-link": [(CONSULTATION, "productCodeableConcept", {"text": "no drug"})],
    "package-drug-concept": [(CONSULTATION, "kind", "ServiceRequest")],
    "package-drug-codes": [(DRUG, "ingredient[0].itemCodeableConcept.text", "Cisplatin")],
    "package-few-cards": [(VIEW, "action[3]", None)],
    "package-no-drug-card": [(VIEW, LEAF, f"{BASE}/ActivityDefinition/cervical-pd-l1-test|0.1.0")],
    "package-one-hook": [(SIGN, "action[1].trigger[1]", {"type": "named-event", "name": "order-sign"})],
    "package-card-title": [(SIGN, "action[0].title", "x" * 139), (PAIR, "action[0].title", "x" * 140)],
    "package-card-priority": [(PAIR, "action[0].priority", "routine")],
    "package-card-limits": [(PAIR, "action[0].description", "The two drugs.")],
    "package-narrative": [(ACTIVITY, "text.status", "additional")],
    "package-disclaimer": [(FACTS, "usage", "With the Questionnaire.")],
    "package-no-contraindication": [
        (OFFER, "action[2].description", "That does not make the option contraindicated."),
        (OFFER, "action[2].description", "Other contraindications are not checked."),
    ],
    "package-no-ordering-word": [
        (ACTIVITY, "description", "To be offered where it fits the patient's needs; given with others."),
        (PAIR, "purpose", "As the recommendations say; it orders nothing."),
        (QUESTIONS, "item[0].item[0].text", "Is there pain that treatment should relieve?"),
    ],
    "package-no-ranking-word": [(ACTIVITY, "description", "Preferences are the patient's; this is a guideline.")],
    "package-no-misread-name": [(ACTIVITY, "description", "Circcular.")],
    "package-copyright": [(ACTIVITY, "copyright", "RxNorm, SNOMED CT, ATC"), (LIST, "copyright", "SNOMED CT")],
}
