"""Content files in, checked content out: all faults of all files in one go.

`source/` holds TOML tables, two code tables and the version. Here each file is read and each item parsed; what one
part says of another is checked in `checks.py`.
"""

import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import model
from .checks import Unfit, check, check_names, version_is_semantic
from .codes import read_codes
from .elm import read_elm
from .faults import ContentError, Fault, did_you_mean
from .parsing import UnfitError, called, parse

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
    "value-sets.toml": {"value-set": model.CodeList},
    "evidence.toml": {"evidence": model.Evidence},
    "orders.toml": {"order": model.Order},
}
# file -> the content it holds as a whole
WHOLES: Mapping[str, tuple[str, type[Any]]] = {
    "package.toml": ("package", model.Package),
    "conditions.toml": ("conditions", model.Conditions),
    "strategy.toml": ("strategy", model.Strategy),
    "questions.toml": ("questions", model.Questions),
    "hooks.toml": ("hooks", model.Hooks),
}


def load(source: Path = SOURCE) -> model.Content:
    """Read a content folder.

    Raises ContentError with every fault of every file.
    """
    if not source.is_dir():
        raise ContentError([Fault(str(source), "folder", "not found", "name the folder of the content files")])
    faults: list[Fault] = []
    texts = _read(source, faults)
    tables = {file: _toml(file, texts[file], faults) for file in (*TABLES, *WHOLES) if file in texts}
    codes, bad_rows = read_codes({file: texts[file] for file in CODE_TABLES if file in texts})
    unread = len(faults)
    parts: dict[str, Any] = {"version": texts.get("VERSION", "").strip(), "codes": codes, "elm": read_elm()}
    unfit = Unfit()
    for file, kinds in TABLES.items():
        parts |= _tables(file, tables.get(file), kinds, faults, unfit)
    for file, (name, kind) in WHOLES.items():
        table = tables.get(file)
        parts[name] = None if table is None else _parse(kind, table, file, "", faults)
    if unread or any(parts[name] is None for name, _ in WHOLES.values()):
        faults.extend(version_is_semantic(parts["version"]) if "VERSION" in texts else ())
        raise ContentError([*faults, *bad_rows])
    content = model.Content(**{name.replace("-", "_"): part for name, part in parts.items()})
    whole = not faults and not bad_rows
    faults.extend([*bad_rows, *(check(content) if whole else check_names(content, unfit))])
    if faults:
        raise ContentError(sorted(faults))
    return content


def _read(source: Path, faults: list[Fault]) -> dict[str, str]:
    texts = {}
    known = {*TABLES, *WHOLES, *CODE_TABLES}
    for file in (*known, "VERSION"):
        try:
            data = (source / file).read_bytes()
            if data.startswith(BOM_UTF8):
                faults.append(Fault(file, "byte 0", "a byte order mark", "save it as UTF-8 without one"))
                continue
            texts[file] = data.decode("utf-8")
        except FileNotFoundError:
            faults.append(Fault(file, "file", f"not found in {source}", "add it"))
        except UnicodeDecodeError as error:
            faults.append(Fault(file, f"byte {error.start}", "not UTF-8", "save it as UTF-8"))
        except OSError as error:
            faults.append(Fault(file, "file", f"cannot be read ({error.strerror})", "make it a readable file"))
    strange = sorted(path.name for path in source.glob("*.toml") if path.name not in known)
    faults.extend(Fault(name, "file", "not a content file", did_you_mean(name, known, "remove it")) for name in strange)
    return texts


def _toml(file: str, text: str, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(file, "syntax", f"not TOML: {error}", "mend the line"))
    except RecursionError:
        faults.append(Fault(file, "syntax", "nested too deeply to be read", "write it flatter"))
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        faults.append(Fault(file, "syntax", "a number has too many digits to be read", "shorten it"))
    return None


def _tables(
    file: str, table: dict[str, Any] | None, kinds: Mapping[str, type[Any]], faults: list[Fault], unfit: Unfit
) -> dict[str, tuple[Any, ...]]:
    parsed: dict[str, tuple[Any, ...]] = {}
    strange = [key for key in table or () if key not in kinds]
    faults.extend(
        Fault(file, key, "unknown key", did_you_mean(key, kinds, f"use {', '.join(kinds)}")) for key in strange
    )
    for key, kind in kinds.items():
        items = (table or {}).get(key, [])
        parsed[key] = ()
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            faults.append(Fault(file, key, "not an array of tables", f"write [[{key}]]"))
            unfit.kinds.add(key)
            continue
        for number, item in enumerate(items, start=1):
            name = called(item)
            where = f"{key} {name!r}" if name else f"{key} {number}"
            part = _parse(kind, item, file, where, faults)
            if part is not None:
                parsed[key] += (part,)
            elif name and not any(fault.key == f"{where}.id" for fault in faults):
                unfit.names.add(name)
            else:
                unfit.kinds.add(key)
    return parsed


def _parse(kind: type[Any], item: dict[str, Any], file: str, where: str, faults: list[Fault]) -> Any:
    try:
        return parse(kind, item)
    except UnfitError as error:
        faults.extend(Fault(file, f"{where}.{key}".lstrip("."), what, remedy) for key, what, remedy in error.found)
        return None
