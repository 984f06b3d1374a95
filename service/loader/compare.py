"""What a server made of what it was sent. Its own bookkeeping is left out; all else is told with its place."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from ..shape import Resource, shown

ASSIGNED = frozenset({"versionId", "lastUpdated", "source", "security"})  # of meta: the server's own
SETS = frozenset({"profile", "tag"})  # of meta: a server may order them anew, keep old ones, or add its own
HISTORY = re.compile(r"/_history/[A-Za-z0-9.-]+$")


def differences(sent: Resource, kept: Resource, base: str) -> list[str]:
    """Each element that was dropped, changed or added, as `place: what`; empty where all was kept."""
    type = sent["resourceType"]
    return [
        *_meta(f"{type}.meta", sent.get("meta", {}), kept.get("meta", {})),
        *_narrative(f"{type}.text", sent.get("text"), kept.get("text")),
        *_object(type, _rest(sent), _rest(kept) | ({} if "id" in sent else {"id": ...}), base),
    ]


def _rest(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key not in ("meta", "text")}


def _meta(place: str, sent: Any, kept: Any) -> Iterator[str]:
    kept = kept if isinstance(kept, dict) else {}
    for key, value in sent.items():
        if key in ASSIGNED:
            continue
        has = kept.get(key)
        if key in SETS:
            marks = [_mark(each) for each in has] if isinstance(has, list) else []
            for index, each in enumerate(value):
                if _mark(each) not in marks:
                    yield f"{place}.{key}[{index}]: dropped"
        elif has != value:
            yield f"{place}.{key}: {'dropped' if has is None else f'changed to {shown(has)}'}"


def _mark(value: Any) -> Any:
    """A tag is its system and code, whatever version and display a server adds."""
    return (value.get("system"), value.get("code")) if isinstance(value, dict) else value


def _narrative(place: str, sent: Any, kept: Any) -> Iterator[str]:
    """A server may write the same narrative in other words of XML, set its status, or make one where none was sent."""
    if not isinstance(sent, dict):
        return
    if not isinstance(kept, dict):
        yield f"{place}: dropped"
    elif _canonical(sent.get("div")) != _canonical(kept.get("div")):
        yield f"{place}.div: changed"


def _canonical(div: Any) -> Any:
    try:
        text = ET.canonicalize(str(div), strip_text=True)
    except ET.ParseError:
        return div
    return " ".join(text.split())


def _object(place: str, sent: Resource, kept: Resource, base: str) -> Iterator[str]:
    for key, value in sent.items():
        if key not in kept:
            yield f"{place}.{key}: dropped"
        else:
            yield from _value(f"{place}.{key}", key, value, kept[key], base)
    for key, value in kept.items():
        if key not in sent and value is not ...:
            yield f"{place}.{key}: added"


def _value(place: str, key: str, sent: Any, kept: Any, base: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(kept, dict):
        yield from _object(place, sent, kept, base)
    elif isinstance(sent, list) and isinstance(kept, list):
        for index, (mine, its) in enumerate(zip(sent, kept, strict=False)):
            yield from _value(f"{place}[{index}]", key, mine, its, base)
        if len(sent) != len(kept):
            yield f"{place}: {len(kept)} in place of {len(sent)}"
    elif _plain(key, sent, base) != _plain(key, kept, base) or isinstance(sent, bool) != isinstance(kept, bool):
        yield f"{place}: changed to {shown(kept)}"


def _plain(key: str, value: Any, base: str) -> Any:
    """A value without what servers write in more than one way: addresses of their own, and lines of base64."""
    if not isinstance(value, str):
        return value
    if key == "reference":
        return HISTORY.sub("", value.removeprefix(f"{base}/"))
    return "".join(value.split()) if key == "data" else value
