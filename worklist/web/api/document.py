"""The OpenAPI 3.1 document, made from the operations and their models."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from worklist.web.api.fields import LARGEST_ID
from worklist.web.api.operations import Operation, Operations
from worklist.web.api.problems import MEDIA_TYPE

Json = dict[str, Any]
_SCHEMA = "#/components/schemas/"
_DESCRIPTION = """\
Everything that a page of Worklist can do. Times are ISO 8601 with their offset. Lists come page by
page: follow `next`. Refusals are problem details (RFC 9457). `docs/api.md` shows each with curl."""


def document(groups: Sequence[Operations]) -> Json:
    """Return the document of these operations."""
    operations = [one for group in groups for one in group.found]
    models = _models(operations)
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.template, {})[one.method.lower()] = _operation(one, models)
    queries = {models.name(one.query) for one in operations if one.query is not None}
    schemas = {name: one for name, one in models.schemas.items() if name not in queries}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Worklist",
            "version": metadata.version("worklist"),
            "description": _DESCRIPTION,
        },
        "tags": [{"name": one.tag, "description": one.text} for one in groups],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas | {"Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
                "session": {"type": "apiKey", "in": "cookie", "name": "worklist"},
            },
            "responses": {"Problem": _refusal("It was not done: the problem says why.")},
        },
    }


@dataclass(frozen=True, slots=True)
class _Models:
    """The schemas of all models by name, and where each model's is."""

    schemas: Json
    references: Mapping[tuple[Any, JsonSchemaMode], Json]

    def name(self, model: type[BaseModel]) -> str:
        """Return the name of what a request says."""
        reference: str = self.references[model, "validation"]["$ref"]
        return reference.removeprefix(_SCHEMA)

    def body(self, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
        """Return a body in JSON."""
        return {"application/json": {"schema": self.references[model, mode]}}


def _models(operations: Iterable[Operation]) -> _Models:
    pairs: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for one in operations:
        for model in (one.body, one.query):
            if model is not None:
                pairs[model, "validation"] = None
        if one.answer is not None:
            pairs[one.answer, "serialization"] = None
    references, found = models_json_schema(list(pairs), ref_template=f"{_SCHEMA}{{model}}")
    return _Models(found["$defs"], references)


def _operation(one: Operation, models: _Models) -> Json:
    summary, _, more = inspect.cleandoc(one.view.__doc__ or "").partition("\n\n")
    permission = (
        f"Needs the permission `{one.permission}`." if one.permission else "Any account may."
    )
    told = [more.split("\n\nRaises:")[0].removeprefix("Raises:"), permission]
    found: Json = {
        "operationId": one.name,
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(filter(None, told)),
        "tags": [one.tag],
        "parameters": [*_in_path(one), *_in_query(one, models), *_in_headers(one)],
        "responses": _responses(one, models),
    }
    if one.body is not None:
        required = models.schemas[models.name(one.body)].get("required")
        found["requestBody"] = {
            "required": bool(required),
            "content": models.body(one.body, "validation"),
        }
    return found


def _in_path(one: Operation) -> Iterable[Json]:
    for name, kind in one.places:
        schema: Json = {"type": "string", "minLength": 1}
        if kind == "int":
            schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
        elif kind:
            words = kind.removeprefix("any(").removesuffix(")")
            schema = {"type": "string", "enum": [one.strip() for one in words.split(",")]}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(one: Operation, models: _Models) -> Iterable[Json]:
    if one.query is None:
        return
    model = models.schemas[models.name(one.query)]
    for name, schema in model["properties"].items():
        found = {
            "name": name,
            "in": "query",
            "required": name in model.get("required", ()),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        if "description" in schema:
            found["description"] = schema["description"]
        yield found


def _in_headers(one: Operation) -> Iterable[Json]:
    if one.keyed:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Sent again within a day, the same answer is given and nothing is made.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        }
    if one.matched:
        yield {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag that was read: 412 where it was changed since.",
            "schema": {"type": "string"},
        }


def _responses(one: Operation, models: _Models) -> Json:
    done: Json = {"description": "Done."}
    if one.answer is not None:
        done["content"] = models.body(one.answer, "serialization")
    if one.location:
        location = {"schema": {"type": "string"}, "description": "Where it is found."}
        done["headers"] = {"Location": location}
    refused = {"$ref": "#/components/responses/Problem"}
    return {str(one.status): done, "4XX": refused, "503": refused}


def _refusal(text: str) -> Json:
    return {
        "description": text,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMA}Problem"}}},
    }


_PROBLEM: Json = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which problem it is, for programs."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong and what to do, in words."},
        "errors": {
            "type": "array",
            "description": "Where in the request something is wrong, and what.",
            "items": {
                "type": "object",
                "required": ["where", "what"],
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
        "slots": {
            "type": "array",
            "description": "Free slots, where the one asked for was taken.",
            "items": {"type": "object"},
        },
        "findings": {
            "type": "array",
            "description": "What the rules found, where one of them forbids it.",
            "items": {"type": "object"},
        },
    },
}
