"""Any R4 package of this shape is served, from a folder, a package or a FHIR server; what can't be is left out."""

import io
import json
import subprocess
import sys
import tarfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cervical_options.service import serve_cli
from cervical_options.service.cds.answering import Answering
from cervical_options.service.cds.content import content
from click.testing import CliRunner, Result

from cervical_options.cli import app

from ..conftest import ROOT
from ..misbehaving import Fault, Store, served
from .calls import INSTANCE, answering, asks

BASE = "http://example.org"
CREATE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/action-type", "code": "create"}]}

ACTIVITY = {
    "resourceType": "ActivityDefinition",
    "id": "blood-pressure",
    "url": f"{BASE}/ActivityDefinition/blood-pressure",
    "status": "active",
    "title": "Measure the blood pressure",
    "kind": "ServiceRequest",
    "intent": "order",
    "code": {"text": "Blood pressure"},
}
LIBRARY = {
    "resourceType": "Library",
    "id": "logic",
    "url": f"{BASE}/Library/logic",
    "status": "active",
    "type": {"coding": [{"code": "logic-library"}]},
    "dataRequirement": [
        {
            "type": "Observation",
            "codeFilter": [{"path": "code", "code": [{"system": "http://loinc.org", "code": "85354-9"}]}],
        },
        {"type": "Condition"},
    ],
}


def when(text: str) -> list[dict[str, Any]]:
    return [{"kind": "applicability", "expression": {"language": "text/fhirpath", "expression": text}}]


PLAN: dict[str, Any] = {
    "resourceType": "PlanDefinition",
    "id": "check-up",
    "url": f"{BASE}/PlanDefinition/check-up",
    "version": "3",
    "status": "active",
    "title": "Check-up",
    "description": "What a check-up asks for.",
    "publisher": "Somebody else",
    "library": [f"{BASE}/Library/logic"],
    "action": [
        {
            "id": "measure",
            "title": "No blood pressure of this patient is recorded",
            "priority": "stat",
            "trigger": [{"type": "named-event", "name": "patient-view"}],
            "condition": when("entry.resource.ofType(Observation).exists().not()"),
            "action": [
                {"id": "now", "title": "Measure now", "type": CREATE, "definitionCanonical": ACTIVITY["url"]},
                {"id": "never", "title": "Never", "condition": when("false"), "definitionCanonical": ACTIVITY["url"]},
            ],
        },
        {
            "id": "order",
            "title": "An order " + "of many words " * 20,
            "trigger": [{"type": "named-event", "name": "order-select"}],
            "condition": when("entry.resource.ofType(ServiceRequest).where(code.text = 'X').exists()"),
        },
    ],
}
FOREIGN = [PLAN, ACTIVITY, LIBRARY]


def call(hook: str = "patient-view", observations: Any = (), **context: Any) -> dict[str, Any]:
    found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in observations]}
    return {
        "hook": hook,
        "hookInstance": INSTANCE,
        "context": {"patientId": "p", **context},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p"}, "observation": found, "condition": found},
    }


def cards(resources: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    (reply,) = asks([(asked, "/cds-services/check-up", "POST", None)], served=Answering(resources))
    assert reply.status == 200, reply.text
    found: list[dict[str, Any]] = reply.body["cards"]
    return found


def test_a_foreign_plan_is_served_at_each_of_its_hooks() -> None:
    (reply,) = asks([(None, "/cds-services", "GET", None)], served=Answering(FOREIGN))
    prefetch = {
        "patient": "Patient/{{context.patientId}}",
        "observation": "Observation?patient={{context.patientId}}&code=http://loinc.org|85354-9",
        "condition": "Condition?patient={{context.patientId}}",
    }
    about = {"title": "Check-up", "description": "What a check-up asks for.", "id": "check-up", "prefetch": prefetch}
    assert reply.body == {"services": [{"hook": hook, **about} for hook in ("patient-view", "order-select")]}


def test_its_card_suggests_what_it_leads_to_as_a_draft_proposal() -> None:
    (card,) = cards(FOREIGN, call())
    assert (card["summary"], card["indicator"]) == ("No blood pressure of this patient is recorded", "critical")
    assert card["source"] == {"label": "Somebody else"}
    (suggestion,) = card["suggestions"]
    assert suggestion["label"] == "Measure now"
    assert card["selectionBehavior"] == "any"
    (action,) = suggestion["actions"]
    assert action["resource"] == {
        "resourceType": "ServiceRequest",
        "instantiatesCanonical": [ACTIVITY["url"]],
        "status": "draft",
        "intent": "proposal",
        "code": {"text": "Blood pressure"},
        "subject": {"reference": "Patient/p"},
        "reasonCode": [{"text": "Measure now"}],
    }


def test_its_card_is_gone_where_the_record_is_there_or_was_not_read() -> None:
    observation = {"resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/p"}}
    assert cards(FOREIGN, call(observations=[observation])) == []
    asked = call()
    del asked["prefetch"]["observation"]
    (card,) = cards(FOREIGN, asked)
    assert "suggestions" not in card
    assert "**No blood pressure of this patient is recorded**" in card["detail"]


def test_at_order_select_only_what_was_selected_is_looked_at() -> None:
    order = {"resourceType": "ServiceRequest", "id": "1", "status": "draft", "code": {"text": "X"}}
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    (card,) = cards(FOREIGN, call("order-select", draftOrders=drafts, selections=["ServiceRequest/1"]))
    assert len(card["summary"]) == 139
    assert cards(FOREIGN, call("order-select", draftOrders=drafts, selections=["ServiceRequest/2"])) == []


def test_a_plan_within_a_plan_gives_its_suggestions() -> None:
    plan, inner = deepcopy(PLAN), {**deepcopy(PLAN), "id": "inner", "url": f"{BASE}/PlanDefinition/inner"}
    inner["action"] = plan["action"][0].pop("action")
    plan["action"][0]["definitionCanonical"] = inner["url"]
    (card,) = cards([plan, inner, ACTIVITY, LIBRARY], call())
    assert [each["label"] for each in card["suggestions"]] == ["Measure now"]


def broken(**change: Any) -> list[dict[str, Any]]:
    plan = deepcopy(PLAN)
    plan["action"][0].update(change)
    return [plan, ACTIVITY, LIBRARY]


CQL = [{"kind": "applicability", "expression": {"language": "text/cql", "expression": "A"}}]
LEFT_OUT: dict[str, tuple[list[dict[str, Any]], str]] = {
    "cql-alone": (broken(condition=CQL), "its condition is text/cql without a twin in FHIRPath"),
    "no-fhirpath": (broken(condition=when("entry.where(")), "is no FHIRPath"),
    "definition-missing": (
        broken(action=[{"id": "x", "definitionCanonical": f"{BASE}/no"}]),
        "is not in the package; add it",
    ),
    "dynamic": (broken(dynamicValue=[{"path": "x"}]), "its dynamicValue is not computed here"),
    "removes": (broken(type={"coding": [{"code": "remove"}]}), "only what it creates is suggested here, not remove"),
    "itself": (broken(action=[{"id": "x", "definitionCanonical": PLAN["url"]}]), "leads back to itself"),
    "library-missing": ([PLAN, ACTIVITY], "http://example.org/Library/logic is not in the package"),
    "another-kind": ([PLAN, {**ACTIVITY, "kind": "Appointment"}, LIBRARY], "makes Appointment, which is not made here"),
}


@pytest.mark.parametrize("row", LEFT_OUT)
def test_a_plan_that_cant_be_answered_is_left_out_and_said(row: str) -> None:
    resources, reason = LEFT_OUT[row]
    offer = Answering(resources).offer
    assert offer.services == ()
    (said,) = offer.left_out
    assert said.startswith("check-up: ")
    assert reason in said


# ---- The command


def serve(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["serve", "--check", *map(str, arguments)], catch_exceptions=False)


def test_a_folder_and_a_package_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(tmp_path / "foreign.tgz", "w:gz") as tar:
        for each in FOREIGN:
            data = json.dumps(each).encode()
            (folder / f"{each['id']}.json").write_bytes(data)
            member = tarfile.TarInfo(f"package/{each['id']}.json")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    for place in (folder, tmp_path / "foreign.tgz"):
        result = serve("--package", place)
        assert (result.exit_code, result.stdout) == (0, "check-up  patient-view\ncheck-up  order-select\n")


def test_a_fhir_servers_content_is_read_page_by_page() -> None:
    store = Store(page=7)
    for each in answering().package.resources:
        store.put(each)
    with served(store) as base:
        found = content(base)
        result = serve("--package", base)
    plans = {each["id"] for each in found if each["resourceType"] == "PlanDefinition"}
    assert plans == {each["id"] for each in answering().package.plans}
    assert result.stdout == "cervical-order-sign  order-sign\ncervical-patient-view  patient-view\n"
    assert Answering(found).discovery() == answering().discovery()


def test_a_server_that_refuses_ends_the_command() -> None:
    refuses = [Fault("status", "GET", "PlanDefinition", status=403)]
    with served(Store(faults=refuses)) as base:
        result = serve("--package", base)
    assert result.exit_code == 3
    assert "answers 403" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--package", "nothing"], "nothing: no such folder"),
        (["--package", str(ROOT / "fhir" / "Medication")], "there is no service: no PlanDefinition has a trigger"),
        (["--host", "0.0.0.0"], "clients: none, and on 0.0.0.0"),
        (["--port", "99999"], "port: no port"),
        (["--config", "nothing.toml"], "nothing.toml: No such file"),
    ],
    ids=["folder", "no-service", "host", "port", "config"],
)
def test_misuse_is_told_and_ends_with_2(arguments: list[str], message: str) -> None:
    result = serve(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_cli, "NEEDED", ("fastapi", "a_library_that_is_not_there"))
    result = serve()
    assert result.exit_code == 2
    assert result.stderr == (
        "serve needs a_library_that_is_not_there; install the extra: pip install 'cervical-options[service]'\n"
    )


def test_other_commands_do_not_read_the_extras_libraries() -> None:
    script = (
        "import sys, cervical_options.cli; print(sorted(sys.modules.keys() & {'fastapi', 'httpx', 'jwt', 'uvicorn'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
