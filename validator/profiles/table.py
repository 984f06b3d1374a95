"""The table of what CPG and CRMI ask, read from the TOML beside this file; each row is registered as a rule."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from ..issue import Severity
from ..rule import Layer, Rule, Wording, register
from .extension import Extension
from .path import Code, Names, compiled
from .row import Binding, Row, ValueSet

FILES = ("cpg.toml", "crmi.toml")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a guide, with the rows that it adds to its base."""

    name: str
    guide: str
    url: str
    version: str
    type: str
    base: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """All profiles and extensions, by name."""

    profiles: Mapping[str, Profile]
    extensions: Mapping[str, Extension]
    value_sets: tuple[ValueSet, ...]  # each is all of a code system of the guides

    @cached_property
    def by_url(self) -> Mapping[str, Profile]:
        return {profile.url: profile for profile in self.profiles.values()}

    @cached_property
    def extensions_by_url(self) -> Mapping[str, Extension]:
        return {extension.url: extension for extension in self.extensions.values()}

    @cached_property
    def guides(self) -> Mapping[str, str]:
        """What the urls of each guide's definitions begin with, and the guide with its version."""
        return {item.url.removesuffix(item.name): item.guide for item in self.extensions.values()}

    def lineage(self, profile: Profile) -> Iterator[Profile]:
        """The profile, its base, the base of that."""
        at: Profile | None = profile
        while at is not None:
            yield at
            at = self.profiles[at.base] if at.base else None

    def type_of(self, target: str) -> str:
        """The resource type of a profile, or of the R4 type that is named itself."""
        return self.profiles[target].type if target in self.profiles else target


def read() -> Table:
    """Raises ValueError for a table that contradicts itself."""
    profiles: dict[str, Profile] = {}
    extensions: dict[str, Extension] = {}
    value_sets: list[ValueSet] = []
    for file in FILES:
        data = tomllib.loads(File(__file__).with_name(file).read_text(encoding="utf-8"))
        guide, base = f"{data['guide']} {data['version']}", f"{data['canonical']}/StructureDefinition/"
        own = [*data["profiles"], *data["extensions"]]
        names = Names(data["systems"], {name: base + name for name in own} | data.get("urls", {}))
        sets = {name: value_set(name, found) for name, found in data.get("value-sets", {}).items()}
        value_sets += sets.values()
        for name, found in data["profiles"].items():
            rows = tuple(row for each in found.get("rows", []) for row in made(name, guide, base, each, names, sets))
            url, version = base + name, data["version"]
            profiles[name] = Profile(name, guide, url, version, found["type"], found.get("base"), rows)
        for name, found in data["extensions"].items():
            values = sets.get(found.get("required", ""))
            contexts, types, targets = (tuple(found.get(key, ())) for key in ("contexts", "types", "targets"))
            modifier = found.get("modifier", False)
            extensions[name] = Extension(name, guide, base + name, contexts, types, targets, values, modifier)
    return Table(MappingProxyType(profiles), MappingProxyType(extensions), tuple(value_sets))


def value_set(name: str, found: Mapping[str, Any]) -> ValueSet:
    return ValueSet(name, found["system"], frozenset(found["codes"]))


def made(
    profile: str, guide: str, base: str, row: Mapping[str, Any], names: Names, sets: Mapping[str, ValueSet]
) -> Iterator[Row]:
    """A row; and where its codes may come from elsewhere too, one more, since that is a warning and not an error."""
    path = compiled(row["path"], names)
    id = f"{profile}-{row.get('id', path.slug)}"
    asked: dict[str, Any] = {key: row[key] for key in ("min", "max", "value") if key in row}
    asked |= {key: tuple(row[key]) for key in ("types", "targets") if key in row}
    if "canonical" in row:
        asked["value"] = base + row["canonical"]
    if "code" in row:
        asked["code"] = Code.read(row["code"], names.systems)
    if "required" in row:
        asked["binding"] = Binding(sets[row["required"]], extensible=False)
    if "one-of" in row:
        asked["one_of"] = tuple(compiled(text, names) for text in row["one-of"])
    if "if" in row:
        asked["if_then"] = (compiled(row["if"], names), compiled(row["then"], names))
    if asked:
        yield Row(id, profile, guide, path, **asked)
    if "extensible" in row:
        yield Row(f"{id}-binding", profile, guide, path, binding=Binding(sets[row["extensible"]], extensible=True))


def words(what: str, remedy: str) -> Wording:
    """A row words its faults itself: what is amiss differs from one to the next."""
    return what, remedy


def severity(row: Row) -> Severity:
    return "warning" if row.binding is not None and row.binding.extensible else "error"


TABLE = read()
for profile in TABLE.profiles.values():
    for row in profile.rows:
        register(Rule(row.id, Layer.PROFILES, severity(row), row.sentence, words))
for extension in TABLE.extensions.values():
    register(Rule(extension.id, Layer.PROFILES, "error", extension.sentence, words))
