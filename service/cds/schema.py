"""CDS Hooks 2.0 as JSON schemas, written from the specification: discovery, request, response, feedback.

What the specification leaves open stays open. Where it demands more than an answer needs (context.userId, a token's
lifetime), a request without it is taken; a response of ours has all that it demands.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema_rs

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "pattern": r"\S"}
UUID: Schema = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
URL: Schema = {"type": "string", "pattern": "^https?://\\S+$"}
TIME = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"  # RFC 3339, 5.6
RESOURCE: Schema = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": TEXT}}
EXTENSION: Schema = {"type": "object"}


def _object(required: Sequence[str], properties: Schema, **more: Any) -> Schema:
    """An object; in what this service says itself, nothing else may stand."""
    return {"type": "object", "required": list(required), "properties": {**properties, "extension": EXTENSION}, **more}


def _several(items: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


CODING = _object(
    ["code"], {"code": TEXT, "system": TEXT, "display": TEXT, "version": TEXT, "userSelected": {"type": "boolean"}}
)

DISCOVERY: Schema = _object(
    ["services"],
    {
        "services": _several(
            _object(
                ["hook", "description", "id"],
                {
                    "hook": TEXT,
                    "title": TEXT,
                    "description": TEXT,
                    "id": TEXT,
                    "prefetch": {"type": "object", "minProperties": 1, "additionalProperties": TEXT},
                    "usageRequirements": TEXT,
                },
                additionalProperties=False,
            ),
            least=0,
        )
    },
    additionalProperties=False,
)

REQUEST: Schema = _object(
    ["hook", "hookInstance", "context"],
    {
        "hook": TEXT,
        "hookInstance": UUID,
        "fhirServer": URL,
        "fhirAuthorization": _object(
            ["access_token", "token_type"],
            {
                "access_token": {"type": "string", "pattern": "^[!-~]+$", "maxLength": 16384},
                "token_type": {"const": "Bearer"},
                "expires_in": {"type": "integer"},
                "scope": {"type": "string"},
                "subject": {"type": "string"},
                "patient": {"type": "string"},
            },
        ),
        "context": _object(
            ["patientId"],
            {
                "userId": TEXT,
                "patientId": TEXT,
                "encounterId": {"type": ["string", "null"]},
                "draftOrders": {"type": "object"},
                "selections": {"type": "array", "items": {"type": "string"}},
            },
        ),
        "prefetch": {"type": ["object", "null"], "additionalProperties": {"anyOf": [{"type": "null"}, RESOURCE]}},
    },
)

ACTION = _object(
    ["type", "description"],
    {"type": {"enum": ["create", "update", "delete"]}, "description": TEXT, "resource": RESOURCE, "resourceId": TEXT},
    additionalProperties=False,
    allOf=[{"if": {"properties": {"type": {"enum": ["create", "update"]}}}, "then": {"required": ["resource"]}}],
)
SUGGESTION = _object(
    ["label"],
    {"label": TEXT, "uuid": UUID, "isRecommended": {"type": "boolean"}, "actions": _several(ACTION)},
    additionalProperties=False,
)
LINK = _object(
    ["label", "url", "type"],
    {
        "label": TEXT,
        "url": URL,
        "type": {"enum": ["absolute", "smart"]},
        "appContext": TEXT,
        "autolaunchable": {"type": "boolean"},
    },
    additionalProperties=False,
)
CARD = _object(
    ["summary", "indicator", "source"],
    {
        "uuid": UUID,
        "summary": {**TEXT, "maxLength": 139},
        "detail": TEXT,
        "indicator": {"enum": ["info", "warning", "critical"]},
        "source": _object(
            ["label"], {"label": TEXT, "url": URL, "icon": URL, "topic": CODING}, additionalProperties=False
        ),
        "suggestions": _several(SUGGESTION),
        "selectionBehavior": {"enum": ["at-most-one", "any"]},
        "overrideReasons": _several({**CODING, "required": ["code", "system", "display"]}),
        "links": _several(LINK),
    },
    additionalProperties=False,
    dependentRequired={"suggestions": ["selectionBehavior"]},
)
RESPONSE: Schema = _object(
    ["cards"], {"cards": _several(CARD, least=0), "systemActions": _several(ACTION)}, additionalProperties=False
)

FEEDBACK: Schema = _object(
    ["feedback"],
    {
        "feedback": {
            **_several(
                _object(
                    ["card", "outcome", "outcomeTimestamp"],
                    {
                        "card": UUID,
                        "outcome": {"enum": ["accepted", "overridden"]},
                        "acceptedSuggestions": {**_several(_object(["id"], {"id": UUID})), "maxItems": 100},
                        "overrideReason": _object([], {"reason": CODING, "userComment": {"type": "string"}}),
                        "outcomeTimestamp": {
                            "type": "string",
                            "pattern": TIME,
                            "maxLength": 40,
                        },
                    },
                    allOf=[
                        {
                            "if": {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]},
                            "then": {"required": ["acceptedSuggestions"]},
                        }
                    ],
                )
            ),
            "maxItems": 100,
        }
    },
)

PROBLEM: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": _several(TEXT)},
    "additionalProperties": False,
}

_NAME = re.compile(r"[A-Za-z][\w-]{0,60}", re.ASCII)
_IS = {"object": "an object", "array": "an array", "string": "a text", "null": "null", "integer": "a whole number"}
_PATTERNS = {
    UUID["pattern"]: "a UUID",
    URL["pattern"]: "a URL",
    TEXT["pattern"]: "a text that is not empty",
}


def faults(schema: Schema, value: Any) -> Iterator[str]:
    """What of a value is not as a schema has it: where, what, what to do. Nothing of the value is repeated."""
    for error in _compiled(schema).iter_errors(value):
        yield f"{_place(error.instance_path)}: {_wording(error.kind)}"


_validators: dict[int, tuple[Schema, Any]] = {}  # by identity; the schema is kept, so it stays that


def _compiled(schema: Schema) -> Any:
    if id(schema) not in _validators:
        _validators[id(schema)] = schema, jsonschema_rs.Draft202012Validator(schema)
    return _validators[id(schema)][1]


def _place(path: Sequence[str | int]) -> str:
    steps = "".join(
        f"[{each}]" if isinstance(each, int) else f".{each if _NAME.fullmatch(each) else '?'}" for each in path
    )
    return steps.lstrip(".") or "body"


def _wording(kind: Any) -> str:
    match kind.name:
        case "required":
            return f"{kind.property} is missing; add it"
        case "type":
            return f"must be {' or '.join(_IS.get(each, each) for each in kind.types)}; mend it"
        case "pattern":
            return f"must be {_PATTERNS.get(kind.pattern, 'written as the specification has it')}; mend it"
        case "enum" | "const":
            return "not one of the values that the specification has there; mend it"
        case "minItems" | "minLength" | "minProperties":
            return "must not be empty; leave it out, or fill it"
        case "maxItems" | "maxLength":
            return "longer than is taken; send less"
        case "anyOf":
            return "must be a resource with a resourceType, or null; mend it"
    return "not as CDS Hooks 2.0 has it; mend it"
