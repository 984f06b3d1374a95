"""What a release holds, for machines: who it is, each resource with its digest, each recommendation with what it needs.

Shape: `{"package", "version", "date", "status", "fhirVersions", "counts": {type: n}, "resources": [{"type", "id",
"url", "version", "title", "sha256"}], "recommendations": [{"id", "url", "title", "bundle", "needs": ["Type/id"]}]}`.
`sha256` is of the resource as it stands in the FHIR package. What nothing says is null.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from .bundle import Resource, canonical_url


def summary(
    resources: Sequence[Resource], closures: Mapping[str, Sequence[Resource]], bundles: Mapping[str, str]
) -> dict[str, Any]:
    """`bundles`: id of a recommendation -> the file with its closure."""
    guide = next((each for each in resources if each["resourceType"] == "ImplementationGuide"), {})
    plans = {each["id"]: each for each in resources if each["resourceType"] == "PlanDefinition"}
    return {
        "package": guide.get("packageId"),
        "version": guide.get("version"),
        "date": guide.get("date"),
        "status": guide.get("status"),
        "fhirVersions": guide.get("fhirVersion"),
        "counts": dict(sorted(Counter(each["resourceType"] for each in resources).items())),
        "resources": [_told(each) for each in resources],
        "recommendations": [
            {
                "id": id,
                "url": plans[id].get("url"),
                "title": plans[id].get("title"),
                "bundle": bundles[id],
                "needs": [f"{each['resourceType']}/{each['id']}" for each in needs],
            }
            for id, needs in sorted(closures.items())
        ],
    }


def _told(resource: Resource) -> dict[str, Any]:
    data = orjson.dumps(resource, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return {
        "type": resource["resourceType"],
        "id": resource["id"],
        "url": canonical_url(resource),
        "version": _version(resource),
        "title": resource.get("title") or resource.get("code", {}).get("text"),
        "sha256": sha256(data).hexdigest(),
    }


def _version(resource: Resource) -> str | None:
    versions = [e.get("valueString") for e in resource.get("extension", ()) if e["url"].endswith("/artifact-version")]
    return resource.get("version") or next(iter(versions), None)
