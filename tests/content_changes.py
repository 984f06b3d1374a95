"""Changes that make the good content faulty, each with the faults that must be said of it.

A change breaks the content in one place, so that the fault is the only one there is.
"""

from typing import Any

import pytest

from .conftest import ROOT

SOURCE = ROOT / "generator" / "source"
HEADER = "concept_id,group,label,system,code,display,role,status,evidence"
NOT_A_CONDITION = "is not a condition: write a fact, or one of all = [...], any = [...], not = ...; mend the value"

Edit = tuple[str, str, str]  # file, the one place in it, what to write there


def row(id: str, edits: Edit | list[Edit], *faults: str) -> Any:
    return pytest.param(edits if isinstance(edits, list) else [edits], list(faults), id=id)


def line_of(file: str, start: str) -> str:
    """The one line of a file that starts so."""
    [line] = [each for each in (SOURCE / file).read_text("utf-8").splitlines() if each.startswith(start)]
    return line


def number_of(line: str) -> int:
    return (SOURCE / "terminology.csv").read_text("utf-8").splitlines().index(line) + 1


def long(length: int) -> str:
    return "x" * length


BRACHYTHERAPY = line_of("terminology.csv", "brachytherapy,")
BRACHYTHERAPY_AT = f"terminology.csv: line {number_of(BRACHYTHERAPY)} (brachytherapy)"
CISPLATIN = line_of("terminology.csv", "cisplatin,A-drug,cisplatin,http://www.nlm.nih.gov/research/umls/rxnorm,")
CANADA = line_of("profile-codes.csv", "jurisdiction-ca,")


def drug_row(old: str, new: str) -> Edit:
    return "terminology.csv", CISPLATIN, CISPLATIN.replace(old, new)


def code_row(old: str, new: str) -> Edit:
    return "terminology.csv", BRACHYTHERAPY, BRACHYTHERAPY.replace(old, new)


def condition(parts: str) -> Edit:
    return "conditions.toml", 'all = ["pd-l1-positive"]', f'all = ["pd-l1-positive", {parts}]'


SHAPES = [
    row(
        "unknown-key",
        ("reasons.toml", 'title = "Pain"', 'title = "Pain"\ncolour = "red"'),
        "reasons.toml: reason 'pain'.colour: unknown key; known here are id, title, question, statements",
    ),
    row(
        "misspelt-key-that-may-be-missing",
        ("drugs.toml", "synonyms =", "synonym ="),
        "drugs.toml: drug '5-fluorouracil'.synonym: unknown key; did you mean 'synonyms'?",
    ),
    row(
        "misspelt-key-that-must-be-there",
        ("reasons.toml", 'title = "Pain"', 'tilte = "Pain"'),
        "reasons.toml: reason 'pain'.tilte: unknown key; did you mean 'title'?",
    ),
    row(
        "misspelt-key-deep-in-a-choice",
        ("choices.toml", 'concurrent = "radiation"', 'concurent = "radiation"'),
        "choices.toml: choice 'plan-chemoradiation'.action 'chemoradiation'.action 'chemotherapy'.concurent: "
        "unknown key; did you mean 'concurrent'?",
    ),
    row(
        "misspelt-table",
        ("statements.toml", '[[left-out]]\nid = "L-01"', '[[left_out]]\nid = "L-01"'),
        "statements.toml: left_out: unknown key; did you mean 'left-out'?",
    ),
    row(
        "key-before-the-tables",
        ("reasons.toml", '[[reason]]\nid = "pain"', 'colour = "red"\n[[reason]]\nid = "pain"'),
        "reasons.toml: colour: unknown key; use reason",
    ),
    row(
        "missing-key",
        ("facts.toml", 'question = "Has the patient been treated with radiation therapy before?"\n', ""),
        "facts.toml: fact 'prior-radiation'.question: missing; add it",
    ),
    row(
        "missing-id",
        ("reasons.toml", 'id = "pain"\n', ""),
        "reasons.toml: reason 1.id: missing; add it",
    ),
    row(
        "missing-key-of-a-file",
        ("conditions.toml", 'always = "recurrent-cervical-cancer"\n', ""),
        "conditions.toml: always: missing; add it",
    ),
    row(
        "number-for-text",
        ("reasons.toml", '"Pain"', "5"),
        "reasons.toml: reason 'pain'.title: 5 is not a text; put it in quotes",
    ),
    row(
        "truth-value-for-text",
        ("reasons.toml", '"Pain"', "true"),
        "reasons.toml: reason 'pain'.title: true is not a text; put it in quotes",
    ),
    row(
        "date-without-quotes",
        ("package.toml", '"2026-11-24"', "2026-11-24"),
        "package.toml: date: 2026-11-24 is not a text; put it in quotes",
    ),
    row(
        "list-for-text",
        ("reasons.toml", '"Pain"', '["Pain"]'),
        "reasons.toml: reason 'pain'.title: ['Pain'] is not a text; write one text in quotes",
    ),
    row(
        "table-for-text",
        ("reasons.toml", '"Pain"', '{ en = "Pain" }'),
        "reasons.toml: reason 'pain'.title: {'en': 'Pain'} is not a text; write one text in quotes",
    ),
    row(
        "text-for-list",
        ("reasons.toml", '["S-18"]', '"S-18"'),
        "reasons.toml: reason 'pain'.statements: 'S-18' is not a list; write [ ... ]",
    ),
    row(
        "number-in-list",
        ("reasons.toml", '["S-18"]', '["S-18", 19]'),
        "reasons.toml: reason 'pain'.statements.2: 19 is not a text; put it in quotes",
    ),
    row(
        "tables-for-table",
        ("package.toml", "[page]", "[[page]]"),
        "package.toml: page: not a table; write [page]",
    ),
    row(
        "word-that-is-none-of-the-known",
        ("drugs.toml", 'kind = "targeted"', 'kind = "target"'),
        "drugs.toml: drug 'bevacizumab'.kind: 'target' is none of chemotherapy, targeted, immunotherapy; "
        "did you mean 'targeted'?",
    ),
    row(
        "empty-text",
        ("reasons.toml", '"Pain"', '""'),
        "reasons.toml: reason 'pain'.title: '' is not a text of one line without space around it; mend the value",
    ),
    row(
        "text-of-two-lines",
        ("reasons.toml", '"Pain"', r'"Pain\nBleeding"'),
        r"reasons.toml: reason 'pain'.title: 'Pain\nBleeding' is not a text of one line without space around it; "
        "mend the value",
    ),
    row(
        "control-character",
        ("reasons.toml", '"Pain"', r'"Pa\u0000in"'),
        r"reasons.toml: reason 'pain'.title: 'Pa\x00in' is not a text of one line without space around it; "
        "mend the value",
    ),
    row(
        "option-without-statement",
        ("options.toml", 'statements = ["S-07", "S-08"]', "statements = []"),
        "options.toml: option 'chemoradiation'.statements: empty; name at least one",
    ),
    row(
        "option-without-the-key-statements",
        ("options.toml", 'statements = ["S-07", "S-08"]\n', ""),
        "options.toml: option 'chemoradiation'.statements: missing; add it",
    ),
    row(
        "activity-without-statement",
        ("activities.toml", 'statements = ["S-61"]', "statements = []"),
        "activities.toml: activity 'consultation'.statements: it rests on no statement, and answers no fact that "
        "does; name the statement, or remove the activity",
    ),
    row(
        "combination-without-drugs",
        ("combinations.toml", '["cisplatin", "ifosfamide"]', "[]"),
        "combinations.toml: combination 'cisplatin-ifosfamide'.drugs: empty; name at least one",
    ),
    row(
        "malformed-id",
        ("reasons.toml", 'id = "pain"', 'id = "Pain"'),
        "reasons.toml: reason 'Pain'.id: 'Pain' is not an id (words of small letters and digits, joined by hyphens); "
        "mend the value",
    ),
    row(
        "malformed-statement-id",
        ("statements.toml", 'id = "S-02"', 'id = "S-2"'),
        "statements.toml: statement 'S-2'.id: 'S-2' is not a statement id, such as S-01; mend the value",
    ),
    row(
        "statement-id-with-other-digits",
        ("statements.toml", 'id = "S-02"', 'id = "S-٠٢"'),
        "statements.toml: statement 'S-٠٢'.id: 'S-٠٢' is not a statement id, such as S-01; mend the value",
    ),
    row(
        "malformed-statement-id-in-a-list",
        ("reasons.toml", '["S-18"]', '["S18"]'),
        "reasons.toml: reason 'pain'.statements.1: 'S18' is not a statement id, such as S-01; mend the value",
    ),
    row(
        "malformed-reading-id",
        ("readings.toml", 'id = "R-03"', 'id = "R-3"'),
        "readings.toml: reading 'R-3'.id: 'R-3' is not a reading id, such as R-01; mend the value",
    ),
    row(
        "malformed-left-out-id",
        ("statements.toml", 'id = "L-03"', 'id = "S-70"'),
        "statements.toml: left-out 'S-70'.id: 'S-70' is not the id of something left out, such as L-01; mend the value",
    ),
    row(
        "malformed-date",
        ("package.toml", "2026-11-24", "24.11.2026"),
        "package.toml: date: '24.11.2026' is not a date, such as 2026-01-31; mend the value",
    ),
    row(
        "date-of-no-calendar",
        ("package.toml", "2026-11-24", "2026-02-30"),
        "package.toml: date: '2026-02-30' is not a date, such as 2026-01-31; mend the value",
    ),
    row(
        "malformed-base",
        ("package.toml", '"https://w3id.org/cervical-options"', '"w3id org"'),
        "package.toml: base: 'w3id org' is not a URL, such as https://example.org/options; mend the value",
    ),
]

LENGTHS = [
    row(
        "long-id-of-activity",
        [("activities.toml", 'id = "trial-talk"', f'id = "{long(32)}"'), ("options.toml", "trial-talk", long(32))],
        f"activities.toml: activity '{long(32)}'.id: cervical-{long(32)} has 41 characters; keep to 40",
    ),
    row(
        "long-id-of-option",
        [("options.toml", '"clinical-trials"', f'"{long(26)}"'), ("strategy.toml", "clinical-trials", long(26))],
        f"options.toml: option '{long(26)}'.id: cervical-offer-{long(26)} has 41 characters; keep to 40",
    ),
    row(
        "long-id-of-combination",
        ("combinations.toml", '"paclitaxel-topotecan"', f'"{long(32)}"'),
        f"combinations.toml: combination '{long(32)}'.id: cervical-{long(32)} has 41 characters; keep to 40",
    ),
    row(
        "long-id-of-choice",
        [("choices.toml", "plan-supportive-care", long(32)), ("options.toml", "plan-supportive-care", long(32))],
        f"choices.toml: choice '{long(32)}'.id: cervical-{long(32)} has 41 characters; keep to 40",
    ),
    row(
        "long-id-of-strategy",
        ("strategy.toml", 'id = "recurrence"', f'id = "{long(32)}"'),
        f"strategy.toml: id: cervical-{long(32)} has 41 characters; keep to 40",
    ),
    row(
        "long-ids-of-action-and-definition",
        ("choices.toml", 'id = "consultation"', f'id = "{long(42)}"'),
        f"choices.toml: choice 'plan-supportive-care'.action '{long(42)}'.id: {long(42)} and cervical-consultation "
        "have 64 characters together; keep to 63: shorten one of the two",
    ),
    row(
        "long-ids-of-question-and-definition",
        [
            ("facts.toml", 'id = "small-recurrence"', f'id = "{long(37)}"'),
            ("conditions.toml", "small-recurrence", long(37)),
            ("questions.toml", "small-recurrence", long(37)),
        ],
        f"facts.toml: fact '{long(37)}'.id: ask-{long(37)} and cervical-fact-questions have 65 characters together; "
        "keep to 63: shorten one of the two",
    ),
    row(
        "long-id-of-listed-drug",
        ("drugs.toml", 'id = "vinorelbine"', f'id = "{long(28)}"'),
        f"drugs.toml: drug '{long(28)}'.id: {long(28)} and cervical-{long(28)} have 66 characters together; "
        "keep to 63: shorten it",
    ),
]

REFERENCES = [
    row(
        "unknown-statement",
        ("reasons.toml", '["S-18"]', '["S-99"]'),
        "reasons.toml: reason 'pain'.statements: no statement 'S-99'; add it or name another",
    ),
    row(
        "unknown-statement-of-a-reading",
        ("readings.toml", 'statements = ["S-43"]', 'statements = ["S-99"]'),
        "readings.toml: reading 'R-10'.statements: no statement 'S-99'; add it or name another",
    ),
    row(
        "unknown-reading",
        ("options.toml", '["R-10", "R-13"]', '["R-10", "R-31"]'),
        "options.toml: option 'bevacizumab'.readings: no reading 'R-31'; add it or name another",
    ),
    row(
        "unknown-citation",
        ("options.toml", 'citations = ["S-69"]', 'citations = ["S-01"]'),
        "options.toml: option 'cemiplimab'.citations: no citation 'S-01'; add it or name another",
    ),
    row(
        "citation-of-no-reference",
        (
            "citations.toml",
            '[[citation]]\nstatement = "S-69"',
            '[[citation]]\nstatement = "S-63"\ntitle = "A"\ntext = "A."\n\n[[citation]]\nstatement = "S-69"',
        ),
        "citations.toml: citation 'S-63': nobody uses it; name it where it belongs, or remove it",
        "citations.toml: citation 'S-63'.statement: the statement is a definition; name a statement of kind citation",
    ),
    row(
        "unknown-drug",
        ("combinations.toml", '["cisplatin", "ifosfamide"]', '["cisplatin", "ifosfamid"]'),
        "combinations.toml: combination 'cisplatin-ifosfamide'.drugs: no drug 'ifosfamid'; did you mean 'ifosfamide'?",
    ),
    row(
        "unknown-both-drugs",
        ("combinations.toml", '["cisplatin", "ifosfamide"]', '["aspirin", "water"]'),
        "combinations.toml: combination 'cisplatin-ifosfamide'.drugs: no drug 'aspirin'; add it or name another",
        "combinations.toml: combination 'cisplatin-ifosfamide'.drugs: no drug 'water'; add it or name another",
    ),
    row(
        "unknown-fact",
        ("conditions.toml", '["site-cervix", "site-uterus", "site-o', '["site-cervicks", "site-uterus", "site-o'),
        "conditions.toml: condition 'pelvic-exenteration'.all: no fact 'site-cervicks'; did you mean 'site-cervix'?",
    ),
    row(
        "unknown-fact-of-no-known-word",
        condition('{ not = "Grade 3" }'),
        "conditions.toml: condition 'pembrolizumab'.all: no fact 'Grade 3'; add it or name another",
    ),
    row(
        "unknown-reason",
        ("choices.toml", '"side-effects-hard"', '"side-effect-hard"'),
        "choices.toml: choice 'plan-supportive-care'.action 'supportive-care'.reasons: no reason 'side-effect-hard'; "
        "did you mean 'side-effects-hard'?",
    ),
    row(
        "unknown-activity",
        ("facts.toml", '["R-16"]\nlearn = "fact-questions"', '["R-16"]\nlearn = "fact-question"'),
        "facts.toml: fact 'prior-radiation'.learn: no activity 'fact-question'; did you mean 'fact-questions'?",
    ),
    row(
        "unknown-what-an-option-offers",
        ("options.toml", 'offers = "choice-chemotherapy"', 'offers = "choice-chemoterapy"'),
        "options.toml: option 'chemotherapy'.offers: no drug, activity, combination or choice 'choice-chemoterapy'; "
        "did you mean 'choice-chemotherapy'?",
    ),
    row(
        "unknown-what-an-action-offers",
        ("choices.toml", 'offers = "plan-chemoradiation"', 'offers = "plan-chemoradiatio"'),
        "choices.toml: choice 'plan-radiation'.action 'with-chemotherapy'.offers: no drug, activity, combination or "
        "choice 'plan-chemoradiatio'; did you mean 'plan-chemoradiation'?",
    ),
    row(
        "unknown-choice-beside-an-option",
        (
            "options.toml",
            'offers = "radical-hysterectomy"\nbeside = "choice-operation"',
            'offers = "radical-hysterectomy"\nbeside = "choice-operations"',
        ),
        "options.toml: option 'radical-hysterectomy'.beside: no choice 'choice-operations'; "
        "did you mean 'choice-operation'?",
    ),
    row(
        "unknown-option-of-a-condition",
        ("conditions.toml", 'option = "pelvic-exenteration"', 'option = "pelvic-exentration"'),
        "conditions.toml: condition 'pelvic-exentration'.option: no option 'pelvic-exentration'; "
        "did you mean 'pelvic-exenteration'?",
    ),
    row(
        "unknown-option-of-an-action",
        ("choices.toml", 'option = "radical-hysterectomy"', 'option = "radical-hysterectomie"'),
        "choices.toml: choice 'choice-operation'.action 'radical-hysterectomy'.option: "
        "no option 'radical-hysterectomie'; did you mean 'radical-hysterectomy'?",
    ),
    row(
        "unknown-option-of-a-group",
        ("strategy.toml", '"radical-hysterectomy"]', '"radical-hysterectomy", "hysterectomy"]'),
        "strategy.toml: group 'surgery'.options: no option 'hysterectomy'; add it or name another",
    ),
    row(
        "unknown-code",
        ("activities.toml", 'code = "brachytherapy"', 'code = "brachytherapie"'),
        "activities.toml: activity 'brachytherapy'.code: no verified code for 'brachytherapie'; "
        "did you mean 'brachytherapy'?",
    ),
    row(
        "code-that-was-removed",
        ("terminology.csv", f"{BRACHYTHERAPY}\n", ""),
        "activities.toml: activity 'brachytherapy'.code: no verified code for 'brachytherapy'; "
        "did you mean 'brachytherapy-hdr'?",
        "value-sets.toml: value-set 'radiotherapy-procedures'.concepts: no verified code for 'brachytherapy'; "
        "did you mean 'brachytherapy-hdr'?",
    ),
    row(
        "code-of-a-drug",
        ("activities.toml", 'code = "brachytherapy"', 'code = "cisplatin"'),
        "activities.toml: activity 'brachytherapy'.code: 'cisplatin' has 8 codes; name a concept with one",
    ),
    row(
        "drug-without-verified-code",
        ("drugs.toml", 'concept = "cisplatin"', 'concept = "platin"'),
        "drugs.toml: drug 'cisplatin'.concept: no verified code for 'platin' in RxNorm; "
        "add its verified row to terminology.csv",
    ),
    row(
        "drug-with-the-code-of-something-else",
        ("drugs.toml", 'concept = "cisplatin"', 'concept = "brachytherapy"'),
        "drugs.toml: drug 'cisplatin'.concept: no verified code for 'brachytherapy' in RxNorm; "
        "add its verified row to terminology.csv",
    ),
    row(
        "unknown-jurisdiction",
        ("package.toml", '"jurisdiction-ca"', '"jurisdiction-cb"'),
        "package.toml: jurisdiction: no verified code for 'jurisdiction-cb'; did you mean 'jurisdiction-ca'?",
    ),
    row(
        "jurisdiction-that-was-removed",
        ("profile-codes.csv", f"{CANADA}\n", ""),
        "package.toml: jurisdiction: no verified code for 'jurisdiction-ca'; add its verified row to profile-codes.csv",
    ),
    row(
        "unknown-action-that-runs-together",
        ("choices.toml", 'concurrent = "pembrolizumab"', 'concurrent = "bevacizumab"'),
        "choices.toml: choice 'plan-pembrolizumab'.action 'chemotherapy'.concurrent: no action 'bevacizumab' beside "
        "it; name an action of the same level",
    ),
    row(
        "action-that-runs-together-with-itself",
        ("choices.toml", 'concurrent = "pembrolizumab"', 'concurrent = "chemotherapy"'),
        "choices.toml: choice 'plan-pembrolizumab'.action 'chemotherapy'.concurrent: no action 'chemotherapy' beside "
        "it; name an action of the same level",
    ),
]

CLASHES = [
    row(
        "one-id-for-drug-and-activity",
        [
            ("activities.toml", 'id = "consultation"', 'id = "cisplatin"'),
            ("choices.toml", 'offers = "consultation"', 'offers = "cisplatin"'),
        ],
        "activities.toml: activity 'cisplatin'.id: a drug of drugs.toml has it too, so a name would mean both; "
        "rename one",
    ),
    row(
        "one-id-for-fact-and-reason",
        [
            ("reasons.toml", 'id = "bleeding"', 'id = "site-cervix"'),
            ("options.toml", '"bleeding"', '"site-cervix"'),
            ("questions.toml", '"bleeding", ', ""),
            ("evidence.toml", 'about = "bleeding"', 'about = "site-cervix"'),
        ],
        "reasons.toml: reason 'site-cervix'.id: a fact of facts.toml has it too, so a name would mean both; rename one",
    ),
    row(
        "one-id-for-strategy-and-choice",
        ("strategy.toml", 'id = "recurrence"', 'id = "choice-radiation"'),
        "strategy.toml: id: a choice of choices.toml is PlanDefinition/cervical-choice-radiation too; rename one",
    ),
    row(
        "one-id-for-choice-and-the-plan-of-an-option",
        [
            ("choices.toml", "plan-supportive-care", "offer-supportive-care"),
            ("options.toml", "plan-supportive-care", "offer-supportive-care"),
        ],
        "choices.toml: choice 'offer-supportive-care'.id: an option of options.toml is "
        "PlanDefinition/cervical-offer-supportive-care too; rename one",
    ),
    row(
        "one-id-for-two-actions-of-a-choice",
        (
            "choices.toml",
            'id = "chemotherapy"\ntitle = "Chemotherapy with the radiation"',
            'id = "radiation"\ntitle = "Chemotherapy with the radiation"',
        ),
        "choices.toml: choice 'plan-chemoradiation'.action 'radiation'.id: the id is there twice in it; rename one",
    ),
    row(
        "one-id-for-action-and-what-is-listed-beside-it",
        (
            "choices.toml",
            'id = "other"\ntitle = "Another chemotherapy drug"',
            'id = "cisplatin"\ntitle = "Another chemotherapy drug"',
        ),
        "choices.toml: choice 'choice-single-agent'.action 'cisplatin'.id: the id is there twice in it; rename one",
    ),
    row(
        "one-id-for-two-groups",
        ("strategy.toml", 'id = "surgery"', 'id = "immunotherapy"'),
        "strategy.toml: group 'immunotherapy'.id: the id is there twice in it; rename one",
    ),
    row(
        "one-id-for-group-and-option",
        ("strategy.toml", 'id = "surgery"', 'id = "cemiplimab"'),
        "strategy.toml: group 'cemiplimab'.id: the id is there twice in it; rename one",
    ),
]

USES = [
    row(
        "nobody-uses-statement",
        ("strategy.toml", '["S-02"]', '["S-01"]'),
        "statements.toml: statement 'S-02': nobody carries it; name it where it belongs, or make it [[left-out]]",
    ),
    row(
        "nobody-uses-statement-of-a-reading-only",
        [("strategy.toml", '["S-02"]', '["S-01"]'), ("readings.toml", '["S-43"]', '["S-43", "S-02"]')],
        "statements.toml: statement 'S-02': nobody carries it; name it where it belongs, or make it [[left-out]]",
    ),
    row(
        "nobody-uses-reading",
        [("options.toml", '"R-10", "R-13"', '"R-13"'), ("choices.toml", '"R-10", "R-13"', '"R-13"')],
        "readings.toml: reading 'R-10': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-reason",
        ("options.toml", '"pain", "bleeding", "other-symptom"', '"pain", "other-symptom"'),
        "reasons.toml: reason 'bleeding': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-citation",
        [
            ("strategy.toml", '"S-64", ', ""),
            ("strategy.toml", 'statements = ["S-01"]', 'statements = ["S-01", "S-64"]'),
        ],
        "citations.toml: citation 'S-64': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-fact",
        ("conditions.toml", '  "prior-radiation",\n', ""),
        "facts.toml: fact 'prior-radiation': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-drug",
        ("options.toml", 'offers = "cemiplimab"', 'offers = "pembrolizumab"'),
        "drugs.toml: drug 'cemiplimab': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-activity",
        ("choices.toml", 'offers = "consultation"\n', ""),
        "activities.toml: activity 'consultation': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-choice",
        ("choices.toml", 'offers = "choice-single-agent"\n', ""),
        "choices.toml: choice 'choice-single-agent': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "nobody-uses-option",
        ("strategy.toml", '"cemiplimab", ', ""),
        "options.toml: option 'cemiplimab': nobody uses it; name it where it belongs, or remove it",
    ),
    row(
        "option-in-two-groups",
        ("strategy.toml", '"bevacizumab"]', '"bevacizumab", "cemiplimab"]'),
        "strategy.toml: options 'cemiplimab': the option stands in two groups; keep one of them",
    ),
    row(
        "option-twice-in-a-group",
        ("strategy.toml", '"bevacizumab"]', '"bevacizumab", "chemotherapy"]'),
        "strategy.toml: group 'treatment'.options: 'chemotherapy' stands there twice; keep one of them",
    ),
]

CONDITIONS = [
    row(
        "condition-two-keys",
        condition('{ any = ["site-cervix"], not = "site-distant" }'),
        f"conditions.toml: condition 'pembrolizumab'.all.2: {{'any': ['site-cervix'], 'not': 'site-distant'}} "
        f"{NOT_A_CONDITION}",
    ),
    row(
        "condition-empty-any",
        condition("{ any = [] }"),
        f"conditions.toml: condition 'pembrolizumab'.all.2: {{'any': []}} {NOT_A_CONDITION}",
    ),
    row(
        "condition-empty-table",
        condition("{}"),
        f"conditions.toml: condition 'pembrolizumab'.all.2: {{}} {NOT_A_CONDITION}",
    ),
    row(
        "condition-unknown-operator",
        condition('{ xor = ["site-distant", "site-cervix"] }'),
        f"conditions.toml: condition 'pembrolizumab'.all.2: {{'xor': ['site-distant', 'site-cervix']}} "
        f"{NOT_A_CONDITION}",
    ),
    row(
        "condition-text-for-parts",
        condition('{ any = "site-distant" }'),
        f"conditions.toml: condition 'pembrolizumab'.all.2: {{'any': 'site-distant'}} {NOT_A_CONDITION}",
    ),
    row(
        "condition-parts-for-one",
        condition('{ not = ["site-distant"] }'),
        f"conditions.toml: condition 'pembrolizumab'.all.2: ['site-distant'] {NOT_A_CONDITION}",
    ),
    row(
        "condition-number-deep-in-it",
        condition('{ any = [{ not = 5 }, "site-cervix"] }'),
        f"conditions.toml: condition 'pembrolizumab'.all.2: 5 {NOT_A_CONDITION}",
    ),
    row(
        "condition-text-for-all",
        ("conditions.toml", 'all = ["pd-l1-positive"]', 'all = "pd-l1-positive"'),
        "conditions.toml: condition 'pembrolizumab'.all: 'pd-l1-positive' is not a list; write [ ... ]",
    ),
    row(
        "condition-nothing-in-all",
        ("conditions.toml", 'all = ["pd-l1-positive"]', "all = []"),
        "conditions.toml: condition 'pembrolizumab'.all: empty; name at least one",
    ),
    row(
        "condition-plain-and-under-not",
        condition('{ not = "pd-l1-positive" }'),
        "conditions.toml: condition 'pembrolizumab'.all: 'pd-l1-positive' stands in it both plain and under `not`; "
        "split the condition",
    ),
    row(
        "condition-plain-and-under-not-deep-in-it",
        condition('{ any = [{ not = "pd-l1-positive" }, "site-cervix"] }'),
        "conditions.toml: condition 'pembrolizumab'.all: 'pd-l1-positive' stands in it both plain and under `not`; "
        "split the condition",
    ),
    row(
        "condition-not-what-every-option-rests-on",
        condition('{ not = "recurrent-cervical-cancer" }'),
        "conditions.toml: condition 'pembrolizumab'.all: 'recurrent-cervical-cancer' stands in it both plain and "
        "under `not`; split the condition",
    ),
]

CHOICES = [
    row(
        "cycle-of-one",
        ("choices.toml", '["S-42"]\noffers = "bevacizumab"', '["S-42"]\noffers = "plan-bevacizumab"'),
        "choices.toml: choice 'plan-bevacizumab': it leads back to itself (plan-bevacizumab -> plan-bevacizumab); "
        "cut one",
    ),
    row(
        "cycle-of-two",
        (
            "choices.toml",
            'id = "other"\ntitle = "Another combination"',
            'id = "other"\noffers = "choice-chemotherapy"\ntitle = "Another combination"',
        ),
        "choices.toml: choice 'choice-chemotherapy': it leads back to itself "
        "(choice-chemotherapy -> choice-combination -> choice-chemotherapy); cut one",
    ),
    row(
        "offers-beside-lines",
        (
            "choices.toml",
            'description = "Both are given over the same period, so that the radiation works better."',
            'description = "Both are given together."\noffers = "choice-radiation"',
        ),
        "choices.toml: choice 'plan-chemoradiation'.action 'chemoradiation'.offers: it has lines of its own too; "
        "keep one of the two",
    ),
    row(
        "offers-beside-a-list-to-fill-in",
        ("choices.toml", 'offers = "consultation"', 'offers = "consultation"\neach = "chemotherapy-drugs"'),
        "choices.toml: choice 'plan-supportive-care'.action 'consultation'.offers: it has lines of its own too; "
        "keep one of the two",
    ),
    row(
        "nothing-to-select-from",
        ("choices.toml", 'offers = "consultation"', 'offers = "consultation"\nselection = "all"'),
        "choices.toml: choice 'plan-supportive-care'.action 'consultation'.selection: there is nothing to select "
        "from; remove it",
    ),
]

QUESTIONS_AND_ORDERS = [
    row(
        "fact-nobody-asks",
        ("questions.toml", '"prior-radiation", ', ""),
        "questions.toml: section.ask: nobody asks fact 'prior-radiation'; ask it in a section",
    ),
    row(
        "fact-asked-twice",
        ("questions.toml", 'ask = ["pd-l1-positive"]', 'ask = ["pd-l1-positive", "pain"]'),
        "questions.toml: section.ask 'pain': it is asked twice; keep one of them",
    ),
    row(
        "unknown-question",
        ("questions.toml", '"pd-l1-positive"', '"pd-l1-positive", "pd-l2-positive"'),
        "questions.toml: section 'tumour'.ask: no fact or reason 'pd-l2-positive'; did you mean 'pd-l1-positive'?",
    ),
    row(
        "order-of-an-unverified-code",
        ("orders.toml", '"cemiplimab-rwlc", ', '"cemiplimab-qlex", '),
        "orders.toml: order 'cemiplimab'.concepts: no verified code for 'cemiplimab-qlex'; "
        "add its verified row to terminology.csv",
    ),
    row(
        "order-that-warns-of-another-option-s-fact",
        ("orders.toml", 'warns = ["pd-l1-positive"]', 'warns = ["site-cervix"]'),
        "orders.toml: order 'pembrolizumab'.warns: 'site-cervix' does not decide 'pembrolizumab'; name one that does",
    ),
    row(
        "order-that-warns-without-a-statement",
        ("orders.toml", 'exclusions = ["S-49"]\n', ""),
        "orders.toml: order 'pembrolizumab'.exclusions: facts that warn and statements that word an exclusion go "
        "together; give both, or neither",
    ),
    row(
        "unknown-group-of-a-card",
        ("hooks.toml", 'beside-group = "beside-treatment"', 'beside-group = "beside-treatments"'),
        "hooks.toml: patient-view.beside-group: no group 'beside-treatments'; did you mean 'beside-treatment'?",
    ),
    row(
        "card-without-words",
        ("hooks.toml", "[patient-view.offered]\ntitle = ", "[patient-view.offered]\nheading = "),
        "hooks.toml: patient-view.offered.heading: unknown key; known here are title, description",
        "hooks.toml: patient-view.offered.title: missing; add it",
    ),
]

CODES = [
    row(
        "row-unverified",
        code_row("verified-2", "unverified"),
        f"{BRACHYTHERAPY_AT}: status 'unverified' is not verified; take a verified row, or leave the code out",
    ),
    row(
        "row-unverified-drug",
        drug_row("verified-2", "unverified"),
        "terminology.csv: line 2 (cisplatin): status 'unverified' is not verified; take a verified row, or leave "
        "the code out",
    ),
    row(
        "row-unverified-profile-code",
        ("profile-codes.csv", CANADA, CANADA.replace("verified-2", "unverified")),
        "profile-codes.csv: line 2 (jurisdiction-ca): status 'unverified' is not verified; take a verified row, or "
        "leave the code out",
    ),
    row(
        "row-no-status",
        code_row("verified-2", ""),
        f"{BRACHYTHERAPY_AT}: status '' is not verified; take a verified row, or leave the code out",
    ),
    row(
        "row-exclusion",
        code_row(",procedure,", ",exclusion,"),
        f"{BRACHYTHERAPY_AT}: role 'exclusion' is never emitted; leave the row out",
    ),
    row(
        "row-doubtful",
        code_row(",procedure,", ",doubtful,"),
        f"{BRACHYTHERAPY_AT}: role 'doubtful' is never emitted; leave the row out",
    ),
    row(
        "row-empty-code",
        code_row(",152198000,", ",,"),
        f"{BRACHYTHERAPY_AT}: code is empty; take a row that has it, or leave the row out",
    ),
    row(
        "row-empty-system",
        code_row("http://snomed.info/sct", ""),
        f"{BRACHYTHERAPY_AT}: system is empty; take a row that has it, or leave the row out",
    ),
    row(
        "row-code-with-space-before-it",
        code_row(",152198000,", ", 152198000,"),
        f"{BRACHYTHERAPY_AT}: code ' 152198000' has space around it; mend the row",
    ),
    row(
        "row-too-few-fields",
        ("terminology.csv", BRACHYTHERAPY, BRACHYTHERAPY.partition(",verified-2")[0]),
        f"{BRACHYTHERAPY_AT}: it has more or fewer fields than the header; mend the row",
    ),
    row(
        "row-too-many-fields",
        ("terminology.csv", BRACHYTHERAPY, f"{BRACHYTHERAPY},checked"),
        f"{BRACHYTHERAPY_AT}: it has more or fewer fields than the header; mend the row",
    ),
    row(
        "row-quote-that-never-ends",
        code_row(",Brachytherapy (", ',"Brachytherapy ('),
        f"{BRACHYTHERAPY_AT}: it has more or fewer fields than the header; mend the row",
    ),
    row(
        "row-second-code-in-a-system",
        (
            "terminology.csv",
            BRACHYTHERAPY,
            f"{BRACHYTHERAPY}\n{BRACHYTHERAPY.replace('152198000', '152198001')}",
        ),
        f"terminology.csv: line {number_of(BRACHYTHERAPY) + 1} (brachytherapy): a second row for this concept and "
        "system; keep one of them",
    ),
    row(
        "row-wrong-header",
        ("terminology.csv", "concept_id,group,", "concept,group,"),
        f"terminology.csv: header: the columns differ; write {HEADER}",
    ),
    row(
        "row-columns-in-another-order",
        ("profile-codes.csv", "concept_id,group,", "group,concept_id,"),
        f"profile-codes.csv: header: the columns differ; write {HEADER}",
    ),
]

SYNTAX = [
    row(
        "broken-toml",
        ("reasons.toml", 'title = "Pain"', "title = Pain"),
        "reasons.toml: syntax: not TOML: Invalid value (at line 5, column 9); mend the line",
    ),
    row(
        "key-twice",
        ("reasons.toml", 'title = "Pain"', 'title = "Pain"\ntitle = "Pain"'),
        "reasons.toml: syntax: not TOML: Cannot overwrite a value (at line 6, column 15); mend the line",
    ),
    row(
        "nested-without-end",
        ("reasons.toml", '"Pain"', "[" * 5000 + "]" * 5000),
        "reasons.toml: syntax: nested too deeply to be read; write it flatter",
    ),
    row(
        "number-without-end",
        ("reasons.toml", '"Pain"', "1" * 5000),
        "reasons.toml: syntax: a number has too many digits to be read; shorten it",
    ),
    row(
        "version-of-two-numbers",
        ("VERSION", "0.1.0", "1.0"),
        "VERSION: text: '1.0' is not a version; write three numbers, such as 0.1.0",
    ),
    row(
        "version-with-a-letter",
        ("VERSION", "0.1.0", "v0.1.0"),
        "VERSION: text: 'v0.1.0' is not a version; write three numbers, such as 0.1.0",
    ),
    row(
        "two-versions",
        ("VERSION", "0.1.0", "0.1.0\n0.2.0"),
        r"VERSION: text: '0.1.0\n0.2.0' is not a version; write three numbers, such as 0.1.0",
    ),
    row(
        "version-in-other-digits",
        ("VERSION", "0.1.0", "٠.1.0"),
        "VERSION: text: '٠.1.0' is not a version; write three numbers, such as 0.1.0",
    ),
]


ROWS = [*SHAPES, *LENGTHS, *REFERENCES, *CLASHES, *USES, *CONDITIONS, *CHOICES, *QUESTIONS_AND_ORDERS, *CODES, *SYNTAX]
ROW = {each.id: each.values for each in ROWS}
