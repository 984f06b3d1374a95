"""Whose a resource on a server is: ours by url (a Medication: identifier) and tag together, never by id."""

from typing import Any

from ..shape import Resource, shown


def place(resource: Resource) -> str:
    """Type/id, as the server or the package has it."""
    return f"{resource['resourceType']}/{resource['id']}"


def key(mine: Resource) -> tuple[str, ...]:
    """By what a resource is known everywhere."""
    if isinstance(mine.get("url"), str):
        return mine["resourceType"], mine["url"]
    identifier = mine["identifier"][0]
    return mine["resourceType"], identifier["system"], identifier["value"]


def name(mine: Resource) -> str:
    """The same, for people."""
    return "|".join(key(mine)[1:])


def is_named(found: Resource, mine: Resource) -> bool:
    """Whether a resource of a server has our url, or identifier."""
    if found.get("resourceType") != mine["resourceType"]:
        return False
    if isinstance(mine.get("url"), str):
        return bool(found.get("url") == mine["url"])
    wanted = mine["identifier"][0]
    return any(
        each.get("system") == wanted["system"] and each.get("value") == wanted["value"]
        for each in _dicts(found.get("identifier"))
    )


def is_ours(found: Resource, mine: Resource) -> bool:
    return is_named(found, mine) and has_tag(found, mine)


def has_tag(found: Resource, mine: Resource) -> bool:
    wanted, meta = mine["meta"]["tag"][0], found.get("meta")
    tags = _dicts(meta.get("tag")) if isinstance(meta, dict) else []
    return any(each.get("system") == wanted["system"] and each.get("code") == wanted["code"] for each in tags)


def faults(resources: list[Resource]) -> list[str]:
    """Why resources could not be known again on a server, one line each."""
    reasons: list[str] = []
    seen: dict[tuple[str, ...], str] = {}
    for each in resources:
        here = f"{each['resourceType']}/{each['id']}"
        if not isinstance(each.get("url"), str) and not _is_token(_first(each.get("identifier")), "value"):
            reasons.append(f"{here}: has neither url nor identifier, so a server could not find it; give it one")
        elif not _is_token(_first(each["meta"].get("tag") if isinstance(each.get("meta"), dict) else None), "code"):
            reasons.append(f"{here}: has no tag, so it could not be told from others' resources; give it the package's")
        elif (before := seen.setdefault(key(each), here)) != here:
            reasons.append(f"{here}: has the url of {before}; keep one of them")
    return reasons


def said_url(found: Resource) -> str:
    """What a foreign resource says that it is."""
    url = found.get("url")
    return shown(url) if isinstance(url, str) else "without a url"


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _is_token(value: Any, code: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get("system"), str) and isinstance(value.get(code), str)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
