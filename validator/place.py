"""A place in a resource, as FHIRPath; written out only when something is told of it."""


class Place:
    """`Place.root("PlanDefinition").child("action", 0).child("title")` is PlanDefinition.action[0].title."""

    __slots__ = ("index", "name", "parent")

    def __init__(self, parent: "Place | None", name: str, index: int | None = None) -> None:
        self.parent = parent
        self.name = name
        self.index = index

    @classmethod
    def root(cls, resource_type: str) -> "Place":
        return cls(None, resource_type)

    def child(self, name: str, index: int | None = None) -> "Place":
        return Place(self, name, index)

    def steps(self) -> tuple[str | int, ...]:
        """Keys and indexes from the root of the JSON, without the root's type."""
        found: list[str | int] = []
        at: Place = self
        while at.parent is not None:
            if at.index is not None:
                found.append(at.index)
            found.append(at.name)
            at = at.parent
        return tuple(reversed(found))

    def __str__(self) -> str:
        parts: list[str] = []
        at: Place | None = self
        while at is not None:
            parts.append(at.name if at.index is None else f"{at.name}[{at.index}]")
            at = at.parent
        return ".".join(reversed(parts))
