"""Resources as NDJSON, a file for each type: what bulk loaders and data tools read line by line."""

from collections.abc import Sequence

import orjson

from .bundle import Resource


def by_type(resources: Sequence[Resource]) -> dict[str, bytes]:
    """Type -> one resource a line, by id."""
    lines: dict[str, list[bytes]] = {}
    for each in sorted(resources, key=lambda resource: (resource["resourceType"], resource["id"])):
        lines.setdefault(each["resourceType"], []).append(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE))
    return {type: b"".join(each) for type, each in lines.items()}
