"""Packages that nobody should take: refused in clear words by every command that reads them, and nothing is written."""

import gzip
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cervical_options.archive import HARMLESS, MOST, contents
from cervical_options.cli import app

from .archives import PLAN, good, member, tar, write

PACKAGE = "guide.tgz"
GOOD = tar(good())
COMMANDS = {
    "diff": ["diff", "{}", "{}"],
    "load": ["load", "--server", "http://127.0.0.1:9/fhir", "--report", "report.json", "--fhir", "{}"],
    "package": ["package", "--out", "dist", "--fhir", "{}"],
    "validate": ["validate", "{}", "--output", "report.json"],
    "validate-package": ["validate", "--output", "report.json", "--package", "{}"],
    "apply": ["apply", "--fhir", "{}", "-"],
}


def run(name: str, package: Path) -> Result:
    return CliRunner().invoke(app, [word.format(package) for word in COMMANDS[name]], input="{}")


def sums(folder: Path, digest: str, name: str = PACKAGE) -> None:
    (folder / "SHA256SUMS").write_text(f"{digest}  {name}\n", "utf-8")


def cut(data: bytes, part: float) -> bytes:
    return data[: int(len(data) * part)]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


LINK: dict[str, Any] = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no whole package"),
    "no-archive": (b"no archive", "no whole package"),
    "truncated": (cut(packed(GOOD), 0.6), "no whole package"),
    "truncated-at-its-checksum": (packed(GOOD)[:-4], "no whole package"),
    "truncated-before-it-was-packed": (packed(cut(GOOD, 0.2)), "no whole package"),
    "its-end-is-missing": (packed(GOOD[: len(GOOD.rstrip(b"\0")) // 512 * 512 + 512]), "its end is missing"),
    "tampered": (flipped(packed(GOOD), len(packed(GOOD)) // 2), "no whole package"),
    "tampered-header": (packed(flipped(GOOD, 3)), "no whole package"),
    "tampered-checksum": (flipped(packed(GOOD), len(packed(GOOD)) - 6), "no whole package"),
    "upwards": (packed(tar(good(), [member("package/../../evil.json", b"{}")])), "leads out of its folder"),
    "absolute": (packed(tar(good(), [member("/tmp/evil.json", b"{}")])), "leads out of its folder"),
    "backslash": (packed(tar(good(), [member("package\\..\\evil.json", b"{}")])), "leads out of its folder"),
    "drive": (packed(tar(good(), [member("C:evil.json", b"{}")])), "leads out of its folder"),
    "control": (packed(tar(good(), [member("package/\x1b[2Jevil.json", b"{}")])), "leads out of its folder"),
    "symbolic-link": (packed(tar(good(), [member("package/x.json", **LINK)])), "is a link"),
    "hard-link": (
        packed(tar(good(), [member("package/x.json", type=tarfile.LNKTYPE, linkname="package/package.json")])),
        "is a link",
    ),
    "pipe": (packed(tar(good(), [member("package/x.json", type=tarfile.FIFOTYPE)])), "is no plain file"),
    "device": (packed(tar(good(), [member("package/x.json", type=tarfile.CHRTYPE)])), "is no plain file"),
    "twice": (packed(tar(good(), [member("package/PlanDefinition-fever.json", b"{}")])), "is there 2 times"),
    "bomb": (packed(tar(good(x=bytes(HARMLESS)))), "unpacks to more than"),
    "many": (packed(tar(good(), [member(f"package/{n}.json") for n in range(MOST)])), f"more than {MOST:,}"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_package_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BAD[name]
    package = tmp_path / PACKAGE
    package.write_bytes(data)
    result = run("diff", package)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert any(reason in line for line in lines), lines
    assert all(line.startswith(f"{package}: ") and line.isprintable() for line in lines)
    assert [file.name for file in tmp_path.iterdir()] == [PACKAGE]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["truncated", "tampered", "upwards", "symbolic-link", "bomb"])
def test_every_command_refuses_it_and_writes_nothing(
    name: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, reason = BAD[name]
    monkeypatch.chdir(tmp_path)
    package = tmp_path / PACKAGE
    package.write_bytes(data)
    result = run(command, package)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == [PACKAGE]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_checksum_beside_it_is_refused(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    package = write(tmp_path / PACKAGE, GOOD)
    sums(tmp_path, sha256(b"another").hexdigest())
    result = run(command, package)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{package}: not the file that {tmp_path / 'SHA256SUMS'} names" in result.stderr
    assert {file.name for file in tmp_path.iterdir()} == {PACKAGE, "SHA256SUMS"}


@pytest.mark.parametrize("named", [None, PACKAGE, "other.tgz"])
def test_a_good_one_is_taken(named: str | None, tmp_path: Path) -> None:
    """Without checksums, with the right one, and beside those of something else."""
    package = write(tmp_path / PACKAGE, tar(good(**{"PlanDefinition-fever": PLAN})))
    if named:
        sums(tmp_path, sha256(package.read_bytes() if named == PACKAGE else b"x").hexdigest(), named)
    assert [path.name for path, _ in contents(package)] == ["PlanDefinition-fever.json", "package.json"]
    result = run("diff", package)
    assert (result.exit_code, result.output) == (0, "")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    more = [member("package/a.json", **LINK), member("../b.json"), member("package/c.json", type=tarfile.FIFOTYPE)]
    result = run("diff", write(tmp_path / PACKAGE, tar(good(), more)))
    assert [line.rpartition("; ")[2] for line in result.stderr.splitlines()] == ["do not use it"] * 3


def test_a_folder_that_is_not_what_its_checksums_say_is_no_release(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    assert CliRunner().invoke(app, ["package", "--out", str(dist)]).exit_code == 0
    assert CliRunner().invoke(app, ["diff", str(dist), str(dist)]).exit_code == 0
    with (dist / "bundle-by-id.json").open("ab") as file:
        file.write(b" ")
    (dist / "unload.json").unlink()
    for words in (["diff", dist, dist], ["package", "--check", "--out", dist]):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == (2 if words[0] == "diff" else 1)
        first, second = result.stderr.splitlines()
        assert first.startswith(f"{dist / 'bundle-by-id.json'}: not the file")
        assert second.startswith(f"{dist / 'unload.json'}: No such file")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("", "names no file"),
        ("abc  x\n", ":1: no line of sha256sum"),
        ("\0\0", ":1: no line of sha256sum"),
        (f"{'0' * 64}  ../secret\n", "outside of the folder"),
    ],
)
def test_checksums_that_say_nothing_are_refused(text: str | None, reason: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", "utf-8")
    dist = tmp_path / "dist"
    dist.mkdir()
    if text is not None:
        (dist / "SHA256SUMS").write_text(text, "utf-8")
    result = CliRunner().invoke(app, ["package", "--check", "--out", str(dist)])
    assert result.exit_code in (1, 2)
    assert reason in result.stderr
    [line] = result.stderr.splitlines()
    assert str(dist / "SHA256SUMS") in line
