"""Content files in, checked content out: all faults of all files in one go.

`source/` holds TOML tables, two code tables and the version. Here each file is read and each item parsed; what one
part says of another is checked in `checks.py`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import model
from .checks import check
from .codes import read_codes
from .faults import ContentError, Fault, did_you_mean
from .parsing import UnfitError, parse

SOURCE = Path(__file__).parent / "source"
CODE_TABLES = ("terminology.csv", "profile-codes.csv")

# file -> the arrays of tables it holds, with the type of each item
TABLES: Mapping[str, Mapping[str, type[Any]]] = {
    "statements.toml": {"statement": model.Statement, "left-out": model.LeftOut},
    "readings.toml": {"reading": model.Reading},
    "citations.toml": {"citation": model.Citation},
    "drugs.toml": {"drug": model.Drug},
    "combinations.toml": {"combination": model.Combination},
    "facts.toml": {"fact": model.CaseFact},
    "reasons.toml": {"reason": model.Reason},
    "activities.toml": {"activity": model.Activity},
    "choices.toml": {"choice": model.Choice},
    "options.toml": {"option": model.Option},
}
# file -> the content it holds as a whole
WHOLES: Mapping[str, tuple[str, type[Any]]] = {
    "package.toml": ("package", model.Package),
    "conditions.toml": ("conditions", model.Conditions),
    "strategy.toml": ("strategy", model.Strategy),
}


def load(source: Path = SOURCE) -> model.Content:
    """Read a content folder.

    Raises ContentError with every fault of every file.
    """
    faults: list[Fault] = []
    parts: dict[str, Any] = {}
    texts = _read(source, faults)
    for file, tables in TABLES.items():
        parts |= _tables(file, _toml(file, texts, faults), tables, faults)
    for file, (name, kind) in WHOLES.items():
        table = _toml(file, texts, faults)
        if table is not None:
            parts[name] = _parse(kind, table, file, "", faults)
    try:
        parts["codes"] = read_codes({file: texts[file] for file in CODE_TABLES if file in texts})
    except ContentError as error:
        faults.extend(error.faults)
    parts["version"] = texts.get("VERSION", "").strip()
    if faults:  # what refers to a part that did not parse would only echo its fault
        raise ContentError(faults)
    content = model.Content(**{name.replace("-", "_"): part for name, part in parts.items()})
    faults.extend(check(content))
    if faults:
        raise ContentError(sorted(faults))
    return content


def _read(source: Path, faults: list[Fault]) -> dict[str, str]:
    texts = {}
    for file in (*TABLES, *WHOLES, *CODE_TABLES, "VERSION"):
        try:
            texts[file] = (source / file).read_text(encoding="utf-8")
        except FileNotFoundError:
            faults.append(Fault(file, "file", f"not found in {source}", "add it"))
        except UnicodeDecodeError as error:
            faults.append(Fault(file, f"byte {error.start}", "not UTF-8", "save it as UTF-8"))
        except OSError as error:
            faults.append(Fault(file, "file", f"cannot be read ({error.strerror})", "make it a readable file"))
    known = {*TABLES, *WHOLES, *CODE_TABLES}
    strange = sorted(path.name for path in source.glob("*.toml") if path.name not in known)
    faults.extend(Fault(name, "file", "not a content file", did_you_mean(name, known, "remove it")) for name in strange)
    return texts


def _toml(file: str, texts: Mapping[str, str], faults: list[Fault]) -> dict[str, Any] | None:
    if file not in texts:
        return None
    try:
        return tomllib.loads(texts[file])
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(file, "syntax", f"not TOML: {error}", "mend the line"))
        return None


def _tables(
    file: str, table: dict[str, Any] | None, kinds: Mapping[str, type[Any]], faults: list[Fault]
) -> dict[str, tuple[Any, ...]]:
    parsed: dict[str, tuple[Any, ...]] = {}
    strange = [key for key in table or () if key not in kinds]
    faults.extend(
        Fault(file, key, "unknown key", did_you_mean(key, kinds, f"use {', '.join(kinds)}")) for key in strange
    )
    for key, kind in kinds.items():
        items = (table or {}).get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            faults.append(Fault(file, key, "not an array of tables", f"write [[{key}]]"))
            continue
        parsed[key] = tuple(
            _parse(kind, item, file, f"{key} {item.get('id', item.get('statement', number))!r}", faults)
            for number, item in enumerate(items, start=1)
        )
    return parsed


def _parse(kind: type[Any], item: dict[str, Any], file: str, where: str, faults: list[Fault]) -> Any:
    try:
        return parse(kind, item)
    except UnfitError as error:
        faults.extend(Fault(file, f"{where}.{key}".lstrip("."), what, remedy) for key, what, remedy in error.found)
        return None
