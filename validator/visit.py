"""What one walk over a resource saw, for the layers that come after."""

from dataclasses import dataclass, field
from typing import Any

from .definitions import Member, TypeDefinition
from .odd import Node, objects
from .place import Place


@dataclass(slots=True, eq=False)
class Seen:
    """A resource that was seen: the file's own, one in a Bundle or Parameters, or a contained one."""

    type: TypeDefinition
    node: Node
    place: Place
    container: "Seen | None" = None  # of a contained resource
    holder: "Seen | None" = None  # the resource that it stands in: Bundle, Parameters, or its container
    objects: list[tuple[TypeDefinition, Node, Place, Member | None]] = field(default_factory=list)
    bound: list[tuple[Member, Any, Place]] = field(default_factory=list)  # codes and concepts with a binding
    canonicals: list[tuple[Member, str, Place]] = field(default_factory=list)

    @property
    def root(self) -> "Seen":
        """The resource that fragments are resolved in: its container's, where it is contained."""
        return self.container or self

    @property
    def contained(self) -> dict[str, Node]:
        """The contained resources that its fragments may name, by id."""
        held = objects(self.root.node.get("contained"))
        return {each["id"]: each for each in held if isinstance(each.get("id"), str)}

    @property
    def defines(self) -> bool:
        """Whether it is a definition, which pins what it means; a record may be of any version."""
        return isinstance(self.node.get("url"), str)


@dataclass(slots=True)
class Visit:
    """All resources of one document, the outermost first."""

    resources: list[Seen] = field(default_factory=list)

    @property
    def outermost(self) -> Seen:
        return self.resources[0]
