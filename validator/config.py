"""What a team writes down once, in TOML: `[tool.cervical-options.validate]` of pyproject.toml, or a file of its own."""

import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from .listing import near
from .reports.words import FailOn

PYPROJECT = "pyproject.toml"
TABLE = ("tool", "cervical-options", "validate")
KEYS = ("fail-on", "format", "ignore", "jobs", "packages", "paths")
FAIL_ON = get_args(FailOn)

Fault = tuple[str, str]  # what is so; what to do


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says; None where it says nothing. Paths are as seen from where the command runs."""

    fail_on: FailOn | None = None
    format: str | None = None
    ignore: tuple[str, ...] | None = None
    jobs: int | None = None
    packages: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command does, after everything that was given; without paths, the package's own resources."""

    fail_on: FailOn = "error"
    format: str = "text"
    ignore: tuple[str, ...] = ()
    jobs: int = 1
    packages: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class ConfigError(Exception):
    """The file is faulty. `reasons` has one line a fault: file, key, what, remedy."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


def load(file: Path | None, rules: Collection[str], formats: Collection[str]) -> Config:
    """The configuration of a file, or of the current folder's pyproject.toml where that has some.

    Raises ConfigError with every fault.
    """
    if file is None and not Path(PYPROJECT).is_file():
        return Config()
    path = file or Path(PYPROJECT)
    table = _table(path, named=file is not None)
    faults = [f"{path}: {key}: {what}; {remedy}" for key, (what, remedy) in _faults(table, rules, formats)]
    if faults:
        raise ConfigError(faults)
    return Config(
        fail_on=table.get("fail-on"),
        format=table.get("format"),
        ignore=_tuple(table.get("ignore")),
        jobs=table.get("jobs"),
        packages=_tuple(table.get("packages"), path.parent),
        paths=_tuple(table.get("paths"), path.parent),
    )


def settle(*given: Config) -> Settings:
    """For each option what the first says that says anything, and else the default."""
    said: dict[str, Any] = {}
    for each in given:
        for option in fields(each):
            if (value := getattr(each, option.name)) is not None:
                said.setdefault(option.name, value)
    return Settings(**said)


def _table(path: Path, *, named: bool) -> dict[str, Any]:
    """The keys that are ours. A pyproject.toml has them in our table; any other file is ours as a whole."""
    try:
        found: Any = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}; name a file that can be read"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not UTF-8; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: not TOML ({error}); mend it"]) from None
    if path.name != PYPROJECT:
        return found  # type: ignore[no-any-return]
    for number, name in enumerate(TABLE, start=1):
        found = found.get(name, None if named else {})
        if found is None:
            raise ConfigError([f"{path}: {'.'.join(TABLE)}: not there; add the table, or name another file"])
        if not isinstance(found, dict):
            raise ConfigError([f"{path}: {'.'.join(TABLE[:number])}: is {_kind(found)}; make it a table"])
    return found  # type: ignore[no-any-return]


def _faults(table: dict[str, Any], rules: Collection[str], formats: Collection[str]) -> list[tuple[str, Fault]]:
    checks: dict[str, Callable[[Any], list[Fault]]] = {
        "fail-on": lambda value: _one_of(value, FAIL_ON),
        "format": lambda value: _one_of(value, formats),
        "ignore": lambda value: _texts(value) or _rules(value, rules),
        "jobs": _number,
        "packages": _texts,
        "paths": lambda value: (
            _texts(value) or ([] if value else [("names nothing", "name a path, or remove the key")])
        ),
    }
    advice = f"the keys are {', '.join(KEYS)}"
    found: list[tuple[str, Fault]] = []
    for key, value in table.items():
        if key in checks:
            found += [(key, fault) for fault in checks[key](value)]
        else:
            found.append((key, ("no such key", near(key, KEYS, advice))))
    return found


def _one_of(value: Any, words: Collection[str]) -> list[Fault]:
    advice = f"write one of {', '.join(words)}"
    if not isinstance(value, str):
        return [(f"is {_kind(value)}", advice)]
    return [] if value in words else [(f"{value!r} is not known", near(value, words, advice))]


def _texts(value: Any) -> list[Fault]:
    advice = 'write a list of texts, such as ["one", "two"]'
    if not isinstance(value, list):
        return [(f"is {_kind(value)}", advice)]
    faults: list[Fault] = []
    for number, each in enumerate(value, start=1):
        if not isinstance(each, str):
            faults.append((f"number {number} is {_kind(each)}", advice))
        elif not each:
            faults.append((f"number {number} is empty", "remove it"))
    return faults


def _rules(value: list[str], rules: Collection[str]) -> list[Fault]:
    return [(f"no rule {id!r}", near(id, rules, "--rules lists them")) for id in value if id not in rules]


def _number(value: Any) -> list[Fault]:
    advice = "write a number from 1 on"
    if not isinstance(value, int) or isinstance(value, bool):
        return [(f"is {_kind(value)}", advice)]
    return [] if value >= 1 else [(f"is {value}", advice)]


def _kind(value: Any) -> str:
    """The type in TOML's words."""
    names = {bool: "a boolean", str: "a text", int: "a number", float: "a fraction", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _tuple(texts: list[str] | None, folder: Path | None = None) -> tuple[str, ...] | None:
    """A list as it is read; paths begin where the file stands, and "-" is standard input."""
    if texts is None:
        return None
    return tuple(each if folder is None or each == "-" else str(folder / each) for each in texts)
