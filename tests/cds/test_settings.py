"""Settings: file, variables and options; every fault at the start; the table of the documents."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from cervical_options.service.cds.settings import PREFIX, Client, Settings, SettingsError, read

from ..conftest import ROOT


def faults(file: Path | None = None, environment: dict[str, str] | None = None, **options: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(file, environment or {}, **options)
    return caught.value.reasons


def test_without_anything_it_listens_here_and_asks_nobody() -> None:
    settings = read(None, {})
    assert settings == Settings()
    assert (settings.host, settings.authenticates, settings.fhir_servers, settings.feedback_file) == (
        "127.0.0.1", False, (), "",
    )  # fmt: skip


def test_options_go_before_variables_and_these_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "cds.toml"
    file.write_text('port = 1\ndepth = 50\nbody_bytes = 7\nfhir_servers = ["https://ehr.example/fhir/"]\n')
    variables = {f"{PREFIX}DEPTH": "60", f"{PREFIX}BODY_BYTES": "8", f"{PREFIX}PRIVATE_ADDRESSES": "true", "HOME": "x"}
    settings = read(file, variables, body_bytes=9, port=None)
    assert (settings.port, settings.depth, settings.body_bytes) == (1, 60, 9)
    assert settings.fhir_servers == ("https://ehr.example/fhir",)
    assert settings.private_addresses is True


def test_clients_stand_in_tables_or_in_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "cds.toml"
    file.write_text('[[clients]]\nissuer = "https://a.example"\nkeys = "https://a.example/keys"\n')
    client = Client("https://a.example", "https://a.example/keys")
    assert read(file, {}).clients == (client,)
    assert read(None, {f"{PREFIX}CLIENTS": "https://a.example=https://a.example/keys"}).clients == (client,)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "cds.example"])
def test_elsewhere_than_on_loopback_clients_have_to_prove_who_they_are(host: str) -> None:
    first, second = faults(host=host)
    assert first.startswith("clients: none, and on")
    assert second.startswith("public_url: missing")
    assert not read(None, {f"{PREFIX}AUTHENTICATION": "off"}, host=host).authenticates


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_loopback_they_have_not(host: str) -> None:
    assert not read(None, {}, host=host).authenticates
    assert len(faults(environment={f"{PREFIX}AUTHENTICATION": "required"}, host=host)) == 2


def test_several_workers_need_a_file_of_tokens_seen() -> None:
    variables = {f"{PREFIX}CLIENTS": "a=https://a.example/keys", f"{PREFIX}PUBLIC_URL": "https://cds.example"}
    (fault,) = faults(environment=variables, host="0.0.0.0", workers=2)
    assert fault.startswith("replay_file: missing")


ROWS: dict[str, tuple[str, str]] = {
    "unknown": ("prot = 1", "prot: no such setting; there are"),
    "no-number": ('port = "x"', "port: no number that fits; write a positive one"),
    "negative": ("body_seconds = -1", "body_seconds: no number that fits"),
    "nan": ("body_seconds = nan", "body_seconds: no number that fits"),
    "zero": ("workers = 0", "workers: no number that fits"),
    "truth-as-number": ("depth = true", "depth: no number that fits"),
    "port-large": ("port = 70000", "port: no port"),
    "no-truth": ('private_addresses = "perhaps"', "private_addresses: neither true nor false"),
    "no-list": ("origins = 3", "origins: no list of texts"),
    "star": ('origins = ["*"]', "origins: one is no origin"),
    "origin-with-path": ('origins = ["https://a.example/x"]', "origins: one is no origin"),
    "server-odd": ('fhir_servers = ["ehr.example"]', "fhir_servers: one is no base"),
    "choice": ('authentication = "maybe"', "authentication: no such choice"),
    "client-short": ('[[clients]]\nissuer = "x"', "clients: a client has issuer and keys"),
    "keys-plain": ('[[clients]]\nissuer = "x"\nkeys = "http://a.example"', "clients x: its keys come without TLS"),
    "keys-no-file": ('[[clients]]\nissuer = "x"\nkeys = "nothing.json"', "clients x: nothing.json: no such file"),
    "ca": ('ca = "nothing.pem"', "ca: nothing.pem: no such file"),
    "feedback": ('feedback_file = "/nothing/here/f.sqlite"', "feedback_file: /nothing/here/f.sqlite: no file can"),
    "no-toml": ("port 1", "no TOML"),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_fault_is_told(tmp_path: Path, row: str) -> None:
    text, message = ROWS[row]
    file = tmp_path / "cds.toml"
    file.write_text(text)
    (fault,) = faults(file)
    assert message in fault
    assert "; " in fault


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "cds.toml"
    file.write_text('port = "x"\nprot = 1\n')
    assert len(faults(file, {f"{PREFIX}DEPHT": "1", f"{PREFIX}DEPTH": "no"}, host="0.0.0.0")) == 6


def test_a_file_that_is_not_there_is_told() -> None:
    assert faults(Path("nothing.toml")) == ["nothing.toml: No such file or directory; name a TOML file"]


def test_the_table_of_the_documents_is_the_settings() -> None:
    text = (ROOT / "docs" / "cds-hooks.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    wanted = [(each.name, shown(each.default), each.metadata["about"]) for each in fields(Settings)]
    assert rows == wanted


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value in ("", ()) else f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)
