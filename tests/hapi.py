"""HAPI FHIR R4 for the tests: the jar of `server/` on a free port of 127.0.0.1, gone with who started it.

    with started() as hapi:
        hapi.load(bundle)
        hapi.apply("cervical-offer-pembrolizumab", "Patient/p", records)

The server also ends by itself when its standard input does, so it outlives no killed test.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, TypeVar

import orjson
import pytest
import requests

from .conftest import ROOT, tool
from .engines import OptionTold, Told, in_order

JAR = ROOT / "server" / "target" / "server.jar"
HEAP = "1g"
START_WITHIN = 300.0  # seconds; some 25 where nothing else runs
SEEN_WITHIN = 60.0  # seconds; HAPI looks every ten which plans are services
TALK_WITHIN = 120.0
POLL = 0.25
AT_A_TIME = 200  # resources of a search
FHIR = "application/fhir+json"
CLIENTS = 2  # at a time, as many as CI has cores

Resource = dict[str, Any]
T = TypeVar("T")
S = TypeVar("S")


class Hapi:
    """A running server."""

    def __init__(self, root: str, process: subprocess.Popen[bytes]) -> None:
        self.root = root
        self._process = process
        self.was_killed = False
        self.fhir = f"{root}/fhir"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and ourselves

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self.was_killed = True
        self._process.kill()
        self._process.wait()

    def get(self, path: str, **parameters: str) -> Resource:
        """What a GET below the FHIR base gives; anything but 200 fails."""
        return self._sent("GET", f"{self.fhir}/{path}", params=parameters)

    def post(self, path: str, resource: Resource) -> Resource:
        return self._sent("POST", f"{self.fhir}/{path}", data=orjson.dumps(resource), headers={"Content-Type": FHIR})

    def load(self, bundle: Resource) -> Resource:
        """Post a transaction or batch; no entry may fail."""
        answer = self.post("", bundle)
        failed = [each for each in answer["entry"] if not each["response"]["status"].startswith("2")]
        assert failed == [], failed[:3]
        return answer

    def count(self, kind: str, **parameters: str) -> int:
        """How many there are now: HAPI is not to answer from an earlier search."""
        headers = {"Cache-Control": "no-cache"}
        asked = {"_summary": "count", **parameters}
        return int(self._sent("GET", f"{self.fhir}/{kind}", params=asked, headers=headers)["total"])

    def versions(self, kind: str) -> dict[str, str]:
        """`Type/id` -> version, of all that is there now."""
        asked = {"_elements": "id", "_count": str(AT_A_TIME)}
        page = self._sent("GET", f"{self.fhir}/{kind}", params=asked, headers={"Cache-Control": "no-cache"})
        resources = [entry["resource"] for entry in page.get("entry", ())]
        while more := [link["url"] for link in page["link"] if link["relation"] == "next"]:
            page = self._sent("GET", more[0])
            resources += [entry["resource"] for entry in page.get("entry", ())]
        return {f"{kind}/{each['id']}": each["meta"]["versionId"] for each in resources}

    def apply(
        self, plan: str, patient: str, records: Resource | None = None, operation: str = "$apply", **more: Any
    ) -> Resource:
        """What a plan says of a patient: by the records given and no others, or else by those on the server."""
        parameters: list[Resource] = [{"name": "subject", "valueString": patient}, *more.get("parameter", ())]
        if records is not None:
            parameters.append({"name": "data", "resource": records})
            parameters.append({"name": "useServerData", "valueBoolean": False})
        asked = {"resourceType": "Parameters", "parameter": parameters}
        return self.post(f"PlanDefinition/{plan}/{operation}", asked)

    def services(self) -> dict[str, Resource]:
        """The CDS services by id."""
        answer = self._sent("GET", f"{self.root}/cds-services")
        return {each["id"]: each for each in answer.get("services", ())}

    def services_when(self, ready: Callable[[dict[str, Resource]], bool]) -> dict[str, Resource]:
        """The CDS services, once they are as wanted: HAPI finds out a while after a load."""
        end = monotonic() + SEEN_WITHIN
        while not ready(services := self.services()):
            assert monotonic() < end, f"after {SEEN_WITHIN:.0f} s the services are still {sorted(services)}"
            sleep(POLL)
        return services

    def cards(self, service: str, request: Resource, *, stock: bool = False) -> requests.Response:
        """Call a CDS service; `stock`: the cards as HAPI makes them, without our encoder."""
        return self._session.post(
            f"{self.root}/cds-services/{service}",
            params={"suggestions": "false" if stock else "true"},
            data=orjson.dumps(request),
            headers={"Content-Type": "application/json"},
            timeout=TALK_WITHIN,
        )

    def _sent(self, method: str, url: str, **arguments: Any) -> Resource:
        answer = self._session.request(method, url, timeout=TALK_WITHIN, **arguments)
        assert answer.status_code == 200, f"{method} {url}: {answer.status_code} {answer.text[:1000]}"
        told: Resource = orjson.loads(answer.content)
        return told


@contextmanager
def started(heap: str = HEAP, keep: Path | None = None) -> Iterator[Hapi]:
    """A server, ready; the test is skipped where it can't be run. It is empty, but for what is `keep`t in a file."""
    java = tool("java", "a HAPI server is")
    if not JAR.is_file():
        pytest.skip("server is not built (make server-jar): acceptance on a HAPI server is not run")
    with TemporaryDirectory() as name:
        folder = Path(name)
        port, log = folder / "port", folder / "log"
        with log.open("wb") as file:
            storage = [] if keep is None else [f"--storage.url=jdbc:h2:file:{keep};WRITE_DELAY=0"]
            options = [f"-Xmx{heap}", "-XX:+UseParallelGC", f"-Dportfile={port}", f"-Dpidfile={folder / 'pid'}"]
            server = subprocess.Popen(
                [java, *options, "-jar", JAR, "--server.port=0", "--stop-with-stdin=true", *storage],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )
        hapi = None
        try:
            hapi = _ready(server, port, log)
            yield hapi
        finally:
            ended = server.poll()
            _stop(server)
        assert ended is None or hapi.was_killed, (
            f"the server ended by itself with {ended}: {log.read_text(errors='replace')[-5000:]}"
        )


def _ready(server: subprocess.Popen[bytes], port: Path, log: Path) -> Hapi:
    end = monotonic() + START_WITHIN
    while monotonic() < end:
        assert server.poll() is None, f"the server ended: {log.read_text(errors='replace')[-3000:]}"
        if port.is_file() and (number := port.read_text().strip()):
            hapi = Hapi(f"http://127.0.0.1:{number}", server)
            try:
                assert hapi.get("metadata")["fhirVersion"] == "4.0.1"
            except requests.ConnectionError:
                pass
            else:
                return hapi
        sleep(POLL)
    raise AssertionError(f"no server after {START_WITHIN:.0f} s: {log.read_text(errors='replace')[-3000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """The one process that was started, by its id."""
    assert server.stdin
    server.stdin.close()
    for end in (server.terminate, server.kill):
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            end()
    server.wait()


def side_by_side(ask: Callable[[T], S], all_of_them: Sequence[T]) -> list[S]:
    """Ask for each, a few at a time; answers in order."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(ask, all_of_them))


# ---- what a server holds of a patient

OF_A_PATIENT = {
    *("Condition", "MedicationAdministration", "MedicationRequest", "MedicationStatement"),
    *("Observation", "Procedure", "ServiceRequest"),
}


def as_stored(bundle: Resource, prefix: str = "") -> tuple[str, Resource]:
    """The patient's reference, and the Bundle as a server holds it: references as `Type/id`, and nobody else's records.

    Every id gets the prefix, so that many patients can stand on one server.
    """
    entries = deepcopy([entry for entry in bundle["entry"] if "resource" in entry])
    places: dict[str, str] = {}
    for entry in entries:
        resource = entry["resource"]
        new = f"{resource['resourceType']}/{prefix}{resource['id']}"
        places[f"{resource['resourceType']}/{resource['id']}"] = new
        if "fullUrl" in entry:
            places[entry["fullUrl"]] = new
        resource["id"] = f"{prefix}{resource['id']}"
    (patient,) = (each["resource"] for each in entries if each["resource"]["resourceType"] == "Patient")
    own = f"Patient/{patient['id']}"
    kept = [_localised(entry["resource"], places) for entry in entries]
    kept = [
        each
        for each in kept
        if each["resourceType"] not in OF_A_PATIENT or each.get("subject", {}).get("reference") == own
    ]
    return own, {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in kept]}


def _localised(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_localised(each, places) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _localised(each, places) for key, each in value.items()}
    if isinstance(reference := copy.get("reference"), str):
        copy["reference"] = places.get(reference.partition("/_history/")[0], reference)
    return copy


def putting(bundle: Resource) -> Resource:
    """A transaction that puts each resource of a Bundle under its id."""
    entries = []
    for entry in bundle["entry"]:
        resource = entry["resource"]
        place = f"{resource['resourceType']}/{resource['id']}"
        entries.append({"resource": resource, "request": {"method": "PUT", "url": place}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


# ---- what `$apply` says

RECOMMENDATION = "/PlanDefinition/cervical-offer-"
OUTCOMES = {"offer": "offered", "ask": "needs-data", "not-met": "ruled-out"}


def made(answer: Resource) -> list[Resource]:
    """All resources of an answer: those contained in a CarePlan ($apply), or the entries of a Bundle ($r5.apply)."""
    if answer["resourceType"] == "CarePlan":
        return list(answer.get("contained", ()))
    (returned,) = answer["parameter"]
    return [entry["resource"] for entry in returned["resource"]["entry"]]


def complaints(answer: Resource) -> list[str]:
    """HAPI answers 200 where a condition could not be evaluated, and says so in a contained OperationOutcome."""
    return [
        issue.get("diagnostics", str(issue))
        for each in made(answer)
        if each["resourceType"] == "OperationOutcome"
        for issue in each["issue"]
    ]


def told_by_apply(answer: Resource) -> Told:
    """Outcome and reasons of each recommendation in an answer, whether applied on its own or within the strategy."""
    told: Told = {}
    for each in made(answer):
        for canonical in each.get("instantiatesCanonical", ()) if each["resourceType"] == "RequestGroup" else ():
            _, found, rest = canonical.partition(RECOMMENDATION)
            if found:
                told[rest.partition("|")[0]] = _told(each)
    return told


def _told(group: Resource) -> OptionTold:
    (action,) = group["action"]  # exactly one of the three
    below = [each["id"] for each in action.get("action", ())]
    missing = in_order(id.removeprefix("ask-") for id in below if id.startswith("ask-"))
    closed_by = in_order(id.removeprefix("closed-") for id in below if id.startswith("closed-"))
    return OptionTold(OUTCOMES[action["id"]], missing, closed_by)
