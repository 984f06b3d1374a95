"""Structure: elements, cardinality, choices, formats, required bindings and targets by R4's definitions.

One walk does all of it, and notes what later layers look at.
"""

from collections.abc import Iterator
from typing import Any

from . import literal
from .definitions import Definitions, ExtensionDefinition, Member, TypeDefinition
from .near import hint
from .odd import Node, coded, is_in, items
from .place import Place
from .primitives import canonical_absolute, fault_of, is_absolute, primitive_format, text_blank, text_edges
from .rule import Finding, Layer, Wording, rule
from .strict_json import json_empty, json_null, json_root
from .tally import Tally
from .visit import Seen, Visit

CODED = {"code", "Coding", "CodeableConcept", "Quantity", "Age", "Count", "Distance", "Duration", "string", "uri"}
# Contexts that name no element: R4's own, and abstract types of later packages.
ANYWHERE = {"Element", "Base", "CanonicalResource", "MetadataResource"}
# Where R4's own definitions use extensions beyond the contexts that it gives them.
WIDER = {
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type": "ElementDefinition.type",
    "http://hl7.org/fhir/StructureDefinition/regex": "ElementDefinition.type",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version": "*",
}
# Their extensions are in the table of the profiles.
IN_PROFILES = ("http://hl7.org/fhir/uv/cpg/", "http://hl7.org/fhir/uv/crmi/")
# Keys that are no elements of their own in R4: an id, and the url of an extension, carry no extensions.
UNEXTENDED = {"Extension": ("_id", "_url")}
TEXTS = {"string", "markdown"}


@rule(Layer.STRUCTURE)
def resource_type(found: Any, near: str) -> Wording:
    """A resource says its type in resourceType, and R4 has that type."""
    if found is None:
        return "the resource does not say its type", "give it a resourceType"
    return f"R4 has no resource type {found!r}", f"write one that it has{near}"


@rule(Layer.STRUCTURE)
def resource_type_in_element() -> Wording:
    """Only a resource has a resourceType; an element has none."""
    return "this is an element, not a resource, and has a resourceType", "remove it"


@rule(Layer.STRUCTURE)
def unknown_element(type: str, key: str, near: str) -> Wording:
    """Every element is one that R4 defines for its type."""
    return f"{type} has no element {key!r} in R4", f"remove it, or write one that R4 has{near}"


@rule(Layer.STRUCTURE)
def element_content(type: str) -> Wording:
    """An element has a value or elements besides its id (R4's invariant ele-1)."""
    return f"this {type} has an id and nothing else", "give it content, or remove it"


@rule(Layer.STRUCTURE)
def choice_type(element: str, key: str, allowed: str) -> Wording:
    """The type of a choice element is one that R4 allows there."""
    return f"{element} cannot be given as {key!r}", f"use one of {allowed}"


@rule(Layer.STRUCTURE)
def choice_once(element: str, keys: str) -> Wording:
    """A choice element is given in one type only."""
    return f"{element} is given more than once: {keys}", "keep one of them"


@rule(Layer.STRUCTURE)
def required_element(type: str, element: str) -> Wording:
    """An element that R4 demands is there."""
    return f"{type} has no {element}, which R4 demands", "add it"


@rule(Layer.STRUCTURE)
def array_or_not(key: str, repeats: bool) -> Wording:
    """An element that may repeat is an array, even of one; any other is not (R4 json.html#repeat)."""
    if repeats:
        return f"{key} may repeat and is no array here", "put it in [ ]"
    return f"{key} does not repeat and is an array here", "give one value, without [ ]"


@rule(Layer.STRUCTURE)
def object_expected(type: str, found: str) -> Wording:
    """A complex element is an object."""
    return f"a {type} is an object, and this is {found}", "write an object with its elements"


@rule(Layer.STRUCTURE)
def primitive_extension(key: str, found: str) -> Wording:
    """What stands beside a primitive under its name with `_` has an id and extensions, in an array where it repeats."""
    return f"{key} is {found}", "write an object with id or extension, in an array of equal length where it repeats"


@rule(Layer.STRUCTURE)
def required_binding(code: str, value_set: str, near: str) -> Wording:
    """A code that R4 binds as required is one of the value set."""
    return f"{code} is not in the value set {value_set}, which is required here", f"use a code that it has{near}"


@rule(Layer.STRUCTURE)
def reference_target(found: str, allowed: str) -> Wording:
    """A reference points at a resource of a type that the element allows."""
    return f"this points at {found}, and only {allowed} may stand here", "point at one of these"


@rule(Layer.STRUCTURE)
def reference_type(said: str, found: str) -> Wording:
    """The type that a reference names is that of what it points at."""
    return f"the type is {said}, and the reference points at {found}", "make them agree"


@rule(Layer.STRUCTURE)
def contained_nesting() -> Wording:
    """A contained resource contains none itself (R4 references.html#contained)."""
    return "a contained resource contains another", "contain both in the outer resource"


@rule(Layer.STRUCTURE)
def extension_context(url: str, owner: str, allowed: str) -> Wording:
    """An extension stands where its definition allows it."""
    return f"the extension {url} may not stand on {owner}", f"its definition allows it on {allowed}: move or remove it"


@rule(Layer.STRUCTURE)
def extension_value(url: str, found: str, allowed: str) -> Wording:
    """An extension has a value of a type that its definition allows, or parts with names that it defines."""
    return f"the extension {url} has {found}", f"its definition wants {allowed}"


@rule(Layer.STRUCTURE)
def extension_modifier(url: str, modifier: bool) -> Wording:
    """An extension that changes the meaning of its element stands in modifierExtension, any other in extension."""
    wanted = "modifierExtension" if modifier else "extension"
    return f"the extension {url} stands in the wrong list", f"move it to {wanted}"


@rule(Layer.STRUCTURE, "information")
def extension_not_checked(count: int, url: str) -> Wording:
    """Extensions whose definition is not at hand are counted as not checked."""
    what = f"{count} extensions" if count > 1 else "1 extension"
    return f"not checked: {what} {url}, whose definition is not at hand", "name its package with --package"


class Walk:
    """One walk over one document."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._good: dict[str, set[Any]] = {}
        self.visit = Visit()
        self._seen: Seen
        self._unknown_extensions = Tally()

    def document(self, value: Any) -> Iterator[Finding]:
        """Walk over a whole JSON document; `visit` then has what was seen."""
        if not isinstance(value, dict):
            yield json_root(Place.root(""), _kind(value))
            return
        yield from self._resource(value, None, None)
        for place, count, (url,) in self._unknown_extensions:
            yield extension_not_checked(place, count, url)

    def _resource(self, node: Node, place: Place | None, member: Member | None) -> Iterator[Finding]:
        name = node.get("resourceType")
        known = isinstance(name, str) and name in self._definitions.resource_types
        here = place or Place.root(name if isinstance(name, str) else "")
        if not known:
            near = hint(str(name), self._definitions.resource_types) if name is not None else ""
            yield resource_type(here, name, near)
            return
        type = self._definitions.type(str(name))
        assert type is not None  # noqa: S101 - it is among the resource types
        outer = self._seen if self.visit.resources else None
        contained = member is not None and member.element == "contained"
        self._seen = Seen(type, node, here, container=outer.root if contained and outer else None, holder=outer)
        if contained and outer is not None and outer.container is not None:
            yield contained_nesting(here)
        self.visit.resources.append(self._seen)
        yield from self._object(type, node, here, member, (type.name,), ())
        if outer is not None:
            self._seen = outer

    def _object(
        self,
        type: TypeDefinition,
        node: Node,
        place: Place,
        member: Member | None,
        paths: tuple[str, ...],
        outer: tuple[str, ...],
    ) -> Iterator[Finding]:
        """`paths` are the element's paths in definitions, from its resource and from its datatype; `outer` has those
        and the types of what it stands in: the names that the context of an extension may use."""
        if not node:
            yield json_empty(place, "object")
            return
        if node.keys() == {"id"} and type.kind in ("type", "backbone") and type.name != "Element":
            yield element_content(place, type.name)
        self._seen.objects.append((type, node, place, member))
        members = type.members
        names = (*paths, *type.lineage)
        if type.binding is not None:
            self._seen.bound.append((type.binding, node, place))
        for key, value in node.items():
            one = members.get(key)
            if one is not None:
                yield from self._member(one, key, value, node, place, type, names)
            elif key == "resourceType":
                if type.kind != "resource":
                    yield resource_type_in_element(place.child(key))
            elif (
                key[:1] == "_"
                and key not in UNEXTENDED.get(type.name, ("_id",))
                and (one := members.get(key[1:])) is not None
                and one.primitive
            ):
                yield from self._beside(one, key, value, node, place, type, names)
            else:
                yield self._unknown(type, key, place)
        for element, keys in type.required:
            if not any(key in node or f"_{key}" in node for key in keys):
                yield required_element(place.child(element.removesuffix("[x]")), type.name, element)
        for element, keys in type.choices.items():
            given = [key for key in keys if key in node or f"_{key}" in node]
            if len(given) > 1:
                yield choice_once(place.child(given[1]), element, ", ".join(given))
        if type.name == "Extension":
            yield from self._extension(node, place, member, outer)

    def _unknown(self, type: TypeDefinition, key: str, place: Place) -> Finding:
        for element, keys in type.choices.items():
            stem = element.removesuffix("[x]")
            if key.removeprefix("_").startswith(stem) and key.removeprefix("_")[len(stem) :][:1].isupper():
                allowed = ", ".join(keys) if len(keys) < 8 else f"the types of {element}"
                return choice_type(place.child(key), f"{type.name}.{element}", key, allowed)
        return unknown_element(place.child(key), type.name, key, hint(key, type.members))

    def _member(
        self,
        member: Member,
        key: str,
        value: Any,
        node: Node,
        place: Place,
        owner: TypeDefinition,
        names: tuple[str, ...],
    ) -> Iterator[Finding]:
        if member.repeats:
            if not isinstance(value, list):
                if value is None:
                    yield json_null(place.child(key))
                else:
                    yield array_or_not(place.child(key), key, True)
                return
            if not value:
                yield json_empty(place.child(key), "array")
            beside = node.get(f"_{key}")
            for index, each in enumerate(value):
                at = place.child(key, index)
                if each is None and member.primitive and isinstance(beside, list):
                    if index >= len(beside) or not beside[index]:
                        yield json_null(at)
                    continue
                yield from self._value(member, each, at, owner, names)
        elif isinstance(value, list):
            yield array_or_not(place.child(key), key, False)
        else:
            yield from self._value(member, value, place.child(key), owner, names)

    def _value(
        self, member: Member, value: Any, place: Place, owner: TypeDefinition, names: tuple[str, ...]
    ) -> Iterator[Finding]:
        if value is None:
            yield json_null(place)
        elif member.primitive:
            yield from self._primitive(member, value, place)
        elif not isinstance(value, dict):
            yield object_expected(place, member.type, _kind(value))
        elif member.type == "Resource":
            yield from self._resource(value, place, member)
        else:
            type = self._definitions.type(member.type)
            if type is None:
                return
            if member.strength is not None and member.type in CODED:
                self._seen.bound.append((member, value, place))
                if member.strength == "required":
                    yield from self._required(member, value, place)
            if member.type == "Reference" and member.targets:
                yield from self._target(member, value, place)
            yield from self._object(type, value, place, member, _below(names[0], owner, member), names)

    def _primitive(self, member: Member, value: Any, place: Place) -> Iterator[Finding]:
        good = self._good.setdefault(member.type, set())
        if not (isinstance(value, str) and value in good):
            fault = fault_of(member.type, value)
            if fault is not None:
                yield primitive_format(place, member.type, value, *fault)
                return
            if isinstance(value, str):
                if len(value) < 200:
                    good.add(value)
                if member.type in TEXTS and value != value.strip():
                    yield text_edges(place, value) if value.strip() else text_blank(place)
        if not isinstance(value, str):
            return
        if member.strength is not None:
            self._seen.bound.append((member, value, place))
            if member.strength == "required" and member.value_set is not None:
                yield from self._required_code(member, value, place)
        if member.type == "canonical":
            self._seen.canonicals.append((member, value, place))
            if not is_absolute(value):
                yield canonical_absolute(place, value)

    def _beside(
        self,
        member: Member,
        key: str,
        value: Any,
        node: Node,
        place: Place,
        owner: TypeDefinition,
        names: tuple[str, ...],
    ) -> Iterator[Finding]:
        """The object, or the list of objects, with a primitive's id and extensions."""
        main = node.get(key[1:])
        if value is None:
            yield json_null(place.child(key))
            return
        below = _below(names[0], owner, member)
        if isinstance(value, list) != member.repeats:
            wanted = "no array, though its element repeats" if member.repeats else f"{_kind(value)} for one value"
            yield primitive_extension(place.child(key), key, wanted)
            return
        if member.repeats and not value:
            yield json_empty(place.child(key), "array")
        if member.repeats and isinstance(main, list) and len(main) != len(value):
            yield primitive_extension(place.child(key), key, f"a list of {len(value)} beside one of {len(main)}")
        for index, each in enumerate(value if member.repeats else [value]):
            at = place.child(key, index if member.repeats else None)
            given = isinstance(main, list) and index < len(main) and main[index] is not None
            if each is None:
                if not (member.repeats and given):
                    yield json_null(at)
            elif not isinstance(each, dict):
                yield primitive_extension(at, key, _kind(each))
            else:
                alone = main if not member.repeats else given
                if each.keys() == {"id"} and (alone is None or alone is False):
                    yield element_content(at, member.type)
                element = self._definitions.type("Element")
                assert element is not None  # noqa: S101 - R4 has it
                yield from self._object(element, each, at, member, (*below, member.type), names)

    def _required(self, member: Member, value: Node, place: Place) -> Iterator[Finding]:
        codes = self._definitions.codes.value_set(member.value_set or "")
        if codes is None:
            return
        if member.type == "CodeableConcept":
            codings = [each for each in items(value.get("coding")) if isinstance(each, dict)]
            if not any("code" in each for each in codings):
                if not any("extension" in each for each in (value, *codings)):  # which may say why there is no code
                    yield required_binding(place, "a concept without a code", member.value_set, "")
                return
        else:
            codings = [value]
        if any(is_in(codes, each) for each in codings):
            return
        named = ", ".join(map(coded, codings))
        every = [code for row in codes.values() for code in row]
        at = place.child("coding", 0) if member.type == "CodeableConcept" else place
        yield required_binding(at, named, member.value_set, hint(str(codings[0].get("code")), every))

    def _required_code(self, member: Member, value: str, place: Place) -> Iterator[Finding]:
        codes = self._definitions.codes.value_set(member.value_set or "")
        if codes is not None and not any(value in row for row in codes.values()):
            every = [code for row in codes.values() for code in row]
            yield required_binding(place, repr(value), member.value_set, hint(value, every))

    def _target(self, member: Member, value: Node, place: Place) -> Iterator[Finding]:
        reference = value.get("reference")
        found = value.get("type")
        at = place.child("type")
        if isinstance(reference, str):
            at = place.child("reference")
            if reference.startswith("#"):
                found = self._seen.contained.get(reference[1:], {}).get("resourceType")
            elif named := literal.relative(reference) or literal.absolute(reference):
                if named[0] in self._definitions.resource_types:
                    found = named[0]
                elif literal.relative(reference):
                    yield reference_target(at, f"{named[0]!r}, which is no resource type", ", ".join(member.targets))
                    return
            said = value.get("type")
            if isinstance(said, str) and said in self._definitions.resource_types and found not in (None, said):
                yield reference_type(place.child("type"), said, str(found))
        if isinstance(found, str) and found in self._definitions.resource_types and found not in member.targets:
            yield reference_target(at, found, ", ".join(member.targets))

    def _extension(self, node: Node, place: Place, member: Member | None, outer: tuple[str, ...]) -> Iterator[Finding]:
        url = node.get("url")
        if not isinstance(url, str) or ":" not in url:
            return
        definition = self._definitions.extension(url)
        if definition is None:
            if not url.startswith(IN_PROFILES):
                self._unknown_extensions.add(place.child("url"), url)
            return
        yield from _extension_value(url, definition, node, place)
        if member is not None and (member.element == "modifierExtension") != definition.modifier:
            yield extension_modifier(place, url, definition.modifier)
        if not _allowed(url, definition, outer):
            allowed = ", ".join(each.partition(":")[2] for each in definition.context)
            yield extension_context(place, url, outer[0] if outer else "this", allowed)


def _below(path: str, owner: TypeDefinition, member: Member) -> tuple[str, ...]:
    """The paths of a member's element: from its resource, and from the type that defines it."""
    element = member.element.removesuffix("[x]")
    return tuple(dict.fromkeys((f"{path}.{element}", f"{owner.name}.{element}")))


def _allowed(url: str, definition: ExtensionDefinition, names: tuple[str, ...]) -> bool:
    """Only contexts that name an element are decided here; those by FHIRPath or extension are taken as met."""
    if WIDER.get(url, "") in ("*", *names):
        return True
    for context in definition.context:
        kind, _, expression = context.partition(":")
        if kind != "element" or expression in ANYWHERE or expression.removesuffix("[x]") in names:
            return True
    return False


def _extension_value(url: str, definition: ExtensionDefinition, node: Node, place: Place) -> Iterator[Finding]:
    given = [key for key in node if key.removeprefix("_").startswith("value")]
    allowed = {f"value{each[:1].upper()}{each[1:]}" for each in definition.types}
    for key in given:
        if key.removeprefix("_") not in allowed:
            wanted = " or ".join(sorted(allowed)) if allowed else f"the parts {', '.join(definition.parts)}"
            yield extension_value(place.child(key), url, key, wanted)
    if definition.parts and not definition.types:
        for index, part in enumerate(items(node.get("extension"))):
            name = part.get("url") if isinstance(part, dict) else None
            if isinstance(name, str) and ":" not in name and name not in definition.parts:
                at = place.child("extension", index).child("url")
                yield extension_value(at, url, f"a part {name!r}", f"parts named {', '.join(definition.parts)}")


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"
