"""References, canonicals and fragments: whether what they name is at hand, in that version and of a fitting type."""

from collections.abc import Iterator

from .. import literal
from ..catalogue import Catalogue, Entry
from ..definitions import Definitions, Member
from ..near import hint, url_hint
from ..odd import Node, items
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from ..tally import Tally
from ..visit import Seen, Visit

# Who publishes what many build on: that a definition of theirs is not at hand says nothing of this input.
COMMON = ("http://hl7.org/fhir", "http://terminology.hl7.org")
EXPRESSION_TARGETS = ("Library",)


@rule(Layer.REFERENCES)
def fragment_resolves(fragment: str, near: str) -> Wording:
    """A fragment names a contained resource of the same resource."""
    if not fragment:
        return "a fragment names no id", "write # and the id of a contained resource"
    return f"no contained resource has the id {fragment!r}", f"contain it, or correct the id{near}"


@rule(Layer.REFERENCES)
def canonical_resolves(url: str, near: str) -> Wording:
    """A canonical under a base that the input itself publishes names a resource that is there."""
    return f"no resource here has the url {url}", f"add it, or correct the url{near}"


@rule(Layer.REFERENCES)
def canonical_version(url: str, version: str, there: str) -> Wording:
    """A canonical with a version names a resource that is there in that version."""
    return f"{url} is not here in version {version}", f"the version at hand is {there}"


@rule(Layer.REFERENCES)
def canonical_target(url: str, type: str, allowed: str) -> Wording:
    """A canonical names a resource of a type that the element allows."""
    return f"{url} is {_a(type)}, and only {allowed} may stand here", "name one of these"


@rule(Layer.REFERENCES, "information")
def canonical_not_checked(count: int, base: str) -> Wording:
    """Canonicals of others that are not at hand are counted as not checked."""
    what = f"{count} canonicals" if count > 1 else "1 canonical"
    return f"not checked: {what} under {base}, which is not at hand", "name its package with --package"


@rule(Layer.REFERENCES)
def reference_resolves(reference: str, where: str) -> Wording:
    """A reference that nothing outside can resolve names a resource that is there: urn:uuid, or in a document."""
    return f"{reference} is not in this {where}", "add the resource, or correct the reference"


@rule(Layer.REFERENCES, "warning")
def reference_in_bundle(reference: str, kind: str) -> Wording:
    """A relative reference in a Bundle names a resource in it; if not, the receiver must have it already."""
    return f"{reference} is not in this {kind} Bundle", "add the resource, if the receiver does not have it"


@rule(Layer.REFERENCES)
def reference_listed(reference: str) -> Wording:
    """What an ImplementationGuide lists is there."""
    return f"the guide lists {reference}, which is not here", "add the resource, or take it off the list"


@rule(Layer.REFERENCES)
def resolved_target(reference: str, type: str, allowed: str) -> Wording:
    """What a reference resolves to is of a type that the element allows."""
    return f"{reference} is {_a(type)}, and only {allowed} may stand here", "point at one of these"


@rule(Layer.REFERENCES, "information")
def reference_not_checked(count: int, type: str) -> Wording:
    """References to resources that are not at hand are counted as not checked."""
    what = f"{count} references" if count > 1 else "1 reference"
    return f"not checked: {what} to {type} that is not at hand", "validate it together with what it points at"


@rule(Layer.REFERENCES)
def system_resolves(system: str, near: str) -> Wording:
    """A code system under a base that the input itself publishes is there."""
    return f"no CodeSystem here has the url {system}", f"add it, or correct the url{near}"


def _a(type: str) -> str:
    return f"{'an' if type[:1] in 'AEIO' else 'a'} {type}"


class Resolving:
    """Looks up what resources point at, in their own document, the input, and R4."""

    def __init__(self, definitions: Definitions, catalogue: Catalogue) -> None:
        self._definitions = definitions
        self._catalogue = catalogue
        self._bases = _bases(catalogue) if catalogue.whole else frozenset()
        self._near_urls: dict[str, str] = {}  # looking for a near url is slow, and one is often named many times

    def check(self, visit: Visit) -> Iterator[Finding]:
        canonicals, references = Tally(), Tally()
        bundles: dict[int, _Bundle] = {}
        for seen in visit.resources:
            bundle = _nearest_bundle(seen, bundles)
            for member, value, place in seen.canonicals:
                if member.element != "profile" or place.parent is None or place.parent.name != "meta":
                    yield from self._canonical(value, member.targets, seen, place, canonicals)
            for type, node, place, of in seen.objects:
                name = type.name
                if name == "Reference" and isinstance(node.get("reference"), str):
                    yield from self._reference(node["reference"], of, seen, bundle, place, references)
                elif name == "Expression" and isinstance(node.get("reference"), str):
                    at = place.child("reference")
                    yield from self._canonical(node["reference"], EXPRESSION_TARGETS, seen, at, canonicals)
                elif name == "Coding" and isinstance(node.get("system"), str):
                    yield from self._system(node["system"], place.child("system"))
        for place, count, (base,) in canonicals:
            yield canonical_not_checked(place, count, base)
        for place, count, (what,) in references:
            yield reference_not_checked(place, count, what)

    def _canonical(
        self,
        value: str,
        targets: tuple[str, ...],
        seen: Seen,
        place: Place,
        counted: Tally,
    ) -> Iterator[Finding]:
        if value.startswith("#"):
            held = seen.contained
            if value[1:] not in held:
                yield fragment_resolves(place, value[1:], hint(value[1:], held))
            elif targets and held[value[1:]].get("resourceType") not in targets:
                yield canonical_target(place, value, str(held[value[1:]].get("resourceType")), ", ".join(targets))
            return
        url, _, version = value.partition("#")[0].partition("|")
        at_hand = self._catalogue.by_url.get(url, [])
        if at_hand:
            fitting = [entry for entry in at_hand if not version or entry.version == version]
            if not fitting and not seen.root.defines:
                counted.add(place, url)
            elif not fitting:
                there = ", ".join(sorted({str(entry.version) for entry in at_hand}))
                yield canonical_version(place, url, version, there)
            elif targets and not any(entry.type in targets for entry in fitting):
                yield canonical_target(place, url, fitting[0].type, ", ".join(targets))
            return
        known = self._definitions.canonicals.get(url)
        if known is not None:
            if targets and known not in targets:
                yield canonical_target(place, url, known, ", ".join(targets))
        elif targets and (said := _type(url)) in self._definitions.resource_types and said not in targets:
            yield canonical_target(place, url, f"{said} by its url", ", ".join(targets))
        elif _base(url) in self._bases:
            yield canonical_resolves(place, url, self._near(url))
        elif ":" in url:
            counted.add(place, _base(url) or url)

    def _near(self, url: str) -> str:
        if url not in self._near_urls:
            self._near_urls[url] = url_hint(url, self._catalogue.by_url)
        return self._near_urls[url]

    def _system(self, url: str, place: Place) -> Iterator[Finding]:
        if _base(url) in self._bases and url not in self._catalogue.by_url and "/CodeSystem/" in url:
            yield system_resolves(place, url, self._near(url))

    def _reference(
        self,
        reference: str,
        member: Member | None,
        seen: Seen,
        bundle: "_Bundle | None",
        place: Place,
        counted: Tally,
    ) -> Iterator[Finding]:
        if reference.startswith("#"):
            return  # the invariant ref-1 tells it
        at = place.child("reference")
        found = bundle.find(reference) if bundle else None
        relative, address = literal.relative(reference), literal.absolute(reference)
        if found is None and relative:
            entries = self._catalogue.by_key.get(f"{relative[0]}/{relative[1]}", [])
            found = entries[0].resource if entries and (bundle is None or not bundle.closed) else None
        if found is not None:
            type = found.get("resourceType")
            targets = member.targets if member is not None and not relative else ()  # the walk judged relative ones
            if targets and isinstance(type, str) and type not in targets:
                yield resolved_target(at, reference, type, ", ".join(targets))
            return
        if reference.startswith(literal.URN):
            if bundle is not None:
                yield reference_resolves(at, reference, "Bundle")
            else:
                counted.add(at, "a urn")
        elif bundle is not None and bundle.closed and address and _of_composition(seen, place):
            yield reference_resolves(at, reference, "document")
        elif relative and relative[0] in self._definitions.resource_types:
            if bundle is not None and bundle.closed and _of_composition(seen, place):
                yield reference_resolves(at, reference, "document")
            elif bundle is not None and bundle.kind in ("collection", "document", "message", "transaction", "batch"):
                yield reference_in_bundle(at, reference, str(bundle.kind))
            elif seen.type.name == "ImplementationGuide" and self._catalogue.whole:
                yield reference_listed(at, reference)
            else:
                counted.add(at, relative[0])
        elif type := address[0] if address else literal.searched(reference):
            counted.add(at, type)


def _nearest_bundle(seen: Seen, known: "dict[int, _Bundle]") -> "_Bundle | None":
    """The Bundle that a resource is, or stands in most closely."""
    at: Seen | None = seen
    while at is not None and at.type.name != "Bundle":
        at = at.holder
    if at is None:
        return None
    if id(at) not in known:
        known[id(at)] = _Bundle(at.node)
    return known[id(at)]


def _of_composition(seen: Seen, place: Place) -> bool:
    """What the Composition of a document points at has to be in the document, but for other documents."""
    return seen.type.name == "Composition" and "relatesTo" not in str(place)


class _Bundle:
    """The entries of a Bundle by what may point at them."""

    def __init__(self, node: Node) -> None:
        self.kind = node.get("type")
        self.closed = self.kind == "document"  # it has to carry all that it points at
        self._by_url: dict[str, Node] = {}
        self._by_key: dict[str, Node] = {}
        for entry in items(node.get("entry")):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                continue
            if isinstance(entry.get("fullUrl"), str):
                self._by_url[_plain(entry["fullUrl"])] = resource
            self._by_key[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource

    def find(self, reference: str) -> Node | None:
        plain = _plain(reference.partition("/_history/")[0])
        return self._by_url.get(plain) or self._by_key.get(plain)


def _plain(url: str) -> str:
    """A UUID may be written in capitals."""
    return url.lower() if url.startswith("urn:uuid:") else url


def _bases(catalogue: Catalogue) -> frozenset[str]:
    """What stands before `/Type/id` in the urls of the input: there, all that is named has to be there."""
    found = {_base(entry.url) for entry in catalogue.entries if entry.url is not None}
    return frozenset(base for base in found if base and not base.startswith(COMMON))


def _base(url: str) -> str:
    parts = url.split("/")
    return "/".join(parts[:-2]) if len(parts) > 4 and parts[-2][:1].isupper() else ""


def _type(url: str) -> str:
    parts = url.split("/")
    return parts[-2] if len(parts) > 4 else ""


def entries_of(catalogue: Catalogue, canonical: str, type: str) -> list[Entry]:
    """The resources of a type that a canonical names."""
    return [entry for entry in catalogue.canonical(canonical) if entry.type == type]
