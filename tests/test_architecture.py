"""The one picture: content -> model -> builders -> fhir/ -> everything else. Nothing on the right knows the left."""

import ast
from pathlib import Path

import pytest

from .conftest import ROOT

RIGHT = ["packages", "review", "service", "validator", "cervical_options"]
COMPOSES = ROOT / "cervical_options" / "cli.py"  # the one place that puts all commands together


def imports(path: Path) -> set[str]:
    """The modules a file imports, relative ones made absolute under `cervical_options`."""
    package = path.relative_to(ROOT).parts[:-1]
    at = ("cervical_options", *(part for part in package if part != "cervical_options"))
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            base = at[: len(at) - node.level + 1] if node.level else ()
            found.add(".".join([*base, *([node.module] if node.module else [])]))
            found |= {".".join([*base, *([node.module] if node.module else []), alias.name]) for alias in node.names}
    return found


def test_relative_imports_are_seen() -> None:
    assert "cervical_options.generator.cli" in imports(COMPOSES)
    assert "cervical_options.console" in imports(ROOT / "packages" / "cli.py")


@pytest.mark.parametrize("folder", RIGHT)
def test_nothing_right_of_fhir_imports_the_generator(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.py") if path != COMPOSES]
    assert files
    assert [(path.name, name) for path in files for name in imports(path) if "generator" in name.split(".")] == []


def test_the_generator_imports_nothing_from_the_right() -> None:
    files = list((ROOT / "generator").rglob("*.py"))
    outside = [
        (path.name, name)
        for path in files
        for name in imports(path)
        if name.startswith("cervical_options") and not name.startswith("cervical_options.generator")
    ]
    assert files
    assert outside == []


def test_fhir_is_no_package() -> None:
    assert list((ROOT / "fhir").rglob("*.py")) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("[a-z]*/**/*.py")), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
