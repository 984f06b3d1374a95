"""What tests found out, kept for people: build/reports/<name>.txt, shown after the tests by `make test`."""

from collections.abc import Iterable

from .conftest import ROOT


def report(name: str, lines: Iterable[str]) -> None:
    folder = ROOT / "build" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
