"""The description of the HTTP interface, made from what the code declares. Served as /v1/openapi.json."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Float, LargeBinary, SmallInteger

from opsdesk.models.base import Kind
from opsdesk.server import files_api, joining, tables, tickets_api, values, wire

_UUID: Final = {"type": "string", "format": "uuid"}
_BODIES: Final = (
    joining.CodeBody, joining.CodeOut, joining.MeetBody, joining.MeetOut,
    wire.Enrol, wire.Rename, wire.LogInBody, wire.RefreshBody, wire.TokensOut, wire.TransitionBody, wire.CommentBody,
    files_api.FileState,
)  # fmt: skip

_QUERY: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "q": (
        {"type": "string", "minLength": 1, "maxLength": 200},
        f"words by their beginning; at most {tickets_api.SEARCH_LIMIT} best tickets",
    ),
    "state": ({"type": "string"}, "`open`, or numbers of states with commas"),
    "priority": ({"type": "integer", "minimum": 1, "maximum": 4}, "at least this priority"),
    "updated_since": ({"type": "integer", "minimum": 0}, "UTC milliseconds since 1970"),
    **{
        name: (_UUID, f"exactly this {name}") for name in ("unit", "assignee", "group", "type", "category", "requester")
    },
    "sort": ({"type": "string", "enum": list(tickets_api.SORTS)}, "a leading minus is descending"),
    "cursor": ({"type": "string"}, "`next` of the page before, with the same sort"),
    "limit": ({"type": "integer", "minimum": 1, "maximum": tickets_api.LARGEST_PAGE}, "tickets on a page"),
}
_NEAR: Final = {
    "lat": ({"type": "number", "minimum": -90, "maximum": 90}, "degrees WGS 84"),
    "lon": ({"type": "number", "minimum": -180, "maximum": 180}, "degrees WGS 84"),
}
_FAR: Final = {
    "metres": ({"type": "number", "minimum": 0}, "distance on a sphere; the nearest of all when it is left out"),
    "limit": _QUERY["limit"],
}


@cache
def document() -> dict[str, Any]:
    """The whole document (OpenAPI 3.1)."""
    _, components = msgspec.json.schema_components(_BODIES, ref_template="#/components/schemas/{name}")
    page = {"type": "object", "properties": {"tickets": {"type": "array", "items": _ref("Ticket")},
                                             "next": {"type": ["string", "null"]}}}  # fmt: skip
    schemas = {
        **components, "Ticket": _ticket(), "TicketFields": _ticket_fields(),
        "NewTicket": _ticket_fields() | {"required": ["title"]}, "Page": page,
        "Drawings": {"type": "object", "properties": {"drawings": {"type": "array", "items": _drawing()},
                                                      "next": {"type": ["string", "null"]}}},
        "Refusal": {"type": "object", "required": ["error", "text"],
                    "properties": {"error": {"type": "string"}, "text": {"type": "string"}}},
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpsDesk", "version": version("opsdesk"),
                 "description": "Tickets for programs beside the desks. Times are UTC milliseconds since 1970."},
        "components": {"schemas": schemas,
                       "securitySchemes": {"access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}},
        "paths": _paths(),
    }  # fmt: skip


def _paths() -> dict[str, Any]:
    ticket = _answer("The ticket", "Ticket", etag=True)
    seen = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
            "description": "the ETag of the reading that this is based on"}  # fmt: skip
    reason = {"name": "reason", "in": "query", "required": True, "schema": {"type": "string", "maxLength": 1000}}
    one = [{"name": "id", "in": "path", "required": True, "schema": _UUID}]
    gone = {"description": "Done; the record is not for this reader any more"}
    return {
        "/health": {"get": _open("Whether the server can serve", {"200": _plain(), "503": _plain()})},
        "/v1/openapi.json": {"get": _open("This document", {"200": _plain()})},
        "/v1/authority": {"get": _open("The certificate of the server's authority (PEM)",
                                       {"200": {"description": "PEM", "content": {"application/x-pem-file": {}}}})},
        "/v1/challenge": {"get": _open("What a device signs to log in", {"200": _plain()})},
        "/v1/code": {"post": _open("What a code stands for; it is not used up", _coming_in("CodeOut"), "CodeBody")},
        "/v1/meet": {"post": _act("Which records of a desk that joins are here already",
                                  {"200": _answer("Those that are", "MeetOut")}, "MeetBody")},
        "/v1/enrol": {"post": _open("Let a device in by a code", _coming_in(), "Enrol")},
        "/v1/device": {"post": {**_open("An own identity for a copied desk", _coming_in(), "Rename"),
                                "security": [{"access": []}]}},
        "/v1/log-in": {"post": _open("Let a person in by password", _coming_in(), "LogInBody")},
        "/v1/token": {"post": _open("New tokens for a used one", _coming_in(), "RefreshBody")},
        "/v1/me": {"get": _act("Who asks, and with what rights", {"200": _plain()})},
        "/v1/tickets": {
            "get": _act("A page of tickets", {"200": _answer("A page", "Page")}, parameters=_queries(_QUERY)),
            "post": _act("Make a ticket", {"201": ticket}, "NewTicket"),
        },
        "/v1/tickets/near": {"get": _act("Tickets near a point, nearest first", {"200": _answer("Tickets", "Page")},
                                         parameters=_queries(_NEAR, required=True) + _queries(_FAR))},
        "/v1/drawings": {"get": _act("A page of drawings", {"200": _answer("A page", "Drawings")},
                                     parameters=_queries({name: _QUERY[name] for name in ("cursor", "limit")}))},
        "/v1/drawings/{id}/tickets": {
            "parameters": one,
            "get": _act("Tickets inside an area or a circle, newest first", {"200": _answer("Tickets", "Page")},
                        parameters=_queries({name: _QUERY[name] for name in ("cursor", "limit")})),
        },
        "/v1/tickets/{id}": {
            "parameters": one,
            "get": _act("One ticket", {"200": ticket}),
            "patch": _act("Set fields", {"200": ticket, "204": gone}, "TicketFields", parameters=[seen]),
            "delete": _act("Void, for a reason", {"204": {"description": "Voided"}}, parameters=[seen, reason]),
        },
        "/v1/tickets/{id}/transitions": {
            "parameters": one,
            "post": _act("Let an event happen", {"200": ticket, "204": gone}, "TransitionBody", parameters=[seen]),
        },
        "/v1/tickets/{id}/comments": {
            "parameters": one,
            "get": _act("The conversation", {"200": _plain()}),
            "post": _act("Add to the conversation", {"201": _plain()}, "CommentBody"),
        },
        "/v1/files/{id}": {
            "parameters": one,
            "get": _act("How much of an attachment's file the server has", {"200": _answer("So much", "FileState")}),
            "patch": _piece(),
        },
        "/v1/files/{id}/content": {"parameters": one, "get": _bytes()},
        "/v1/sync/push": {"post": _sync("A desk's changes, each answered")},
        "/v1/sync/pull": {"post": _sync("The next frame of a partition")},
        "/v1/sync/earlier": {"post": _sync("The history of one record")},
        "/v1/sync/look": {"post": _sync("What may be read; waits for news when asked to")},
    }  # fmt: skip


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _answer(words: str, name: str, *, etag: bool = False) -> dict[str, Any]:
    headers = {"headers": {"ETag": {"schema": {"type": "string"}}}} if etag else {}
    return {"description": words, "content": _content(name), **headers}


def _plain() -> dict[str, Any]:
    return {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}}


def _coming_in(answer: str = "TokensOut") -> dict[str, Any]:
    return {"200": _answer("Let in", answer), "401": _answer("Not let in", "Refusal"),
            "409": _answer("Tag or identity is taken, or the account has no rights", "Refusal"),
            "429": _answer("Too many failures: wait", "Refusal")}  # fmt: skip


def _open(words: str, answers: dict[str, Any], body: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"summary": words, "responses": answers}
    if body is not None:
        made["requestBody"] = {"required": True, "content": _content(body)}
        made["responses"] = answers | {code: _answer("Malformed", "Refusal") for code in ("413", "422")}
    return made


_REFUSALS: Final = {
    "401": "No valid token", "403": "No right to that", "404": "Not there, or not for this reader",
    "409": "Changed meanwhile, or no such step", "413": "Too large", "422": "Malformed or refused",
    "428": "If-Match is missing", "503": "The database does not serve now; Retry-After says when to ask again",
}  # fmt: skip


def _act(
    words: str, answers: dict[str, Any], body: str | None = None, *, parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    made = _open(words, answers, body)
    made["responses"] = answers | {code: _answer(why, "Refusal") for code, why in _REFUSALS.items()}
    made["security"] = [{"access": []}]
    if parameters:
        made["parameters"] = parameters
    return made


def _sync(words: str) -> dict[str, Any]:
    """A route for desks alone: its messages are bytes, described in docs/decisions/0010."""
    message = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    made = _act(words, {"200": {"description": "The answer", "content": message}})
    made["requestBody"] = {"required": True, "content": message}
    return made


_BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _piece() -> dict[str, Any]:
    made = _act("The next piece of an attachment's file", {"200": _answer("So much is there now", "FileState")})
    made["requestBody"] = {"required": True, "content": _BYTES}
    made["parameters"] = [{"name": "Upload-Offset", "in": "header", "required": True,
                           "schema": {"type": "integer", "minimum": 0, "maximum": 2**53},
                           "description": "the byte at which it begins"}]  # fmt: skip
    return made


def _bytes() -> dict[str, Any]:
    made = _act(
        "The bytes of an attachment's file",
        {
            "200": {"description": "All of it", "content": _BYTES},
            "206": {"description": "The range", "content": _BYTES},
        },
    )
    made["responses"]["416"] = _answer("No such range", "Refusal")
    made["parameters"] = [{"name": "Range", "in": "header", "schema": {"type": "string"},
                           "description": "one range of bytes"}]  # fmt: skip
    return made


def _queries(named: dict[str, tuple[dict[str, Any], str]], *, required: bool = False) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": required, "schema": schema, "description": words}
        for name, (schema, words) in named.items()
    ]


def _ticket() -> dict[str, Any]:
    own = {"id": _UUID, "ver": {"type": "integer"}, "updated_at": {"type": "integer"}}
    described = {spec.name: _type(spec.name, out=True) for spec in wire.TICKET_FIELDS}
    return {"type": "object", "required": [*own, *described], "properties": own | described}


def _drawing() -> dict[str, Any]:
    said = {"type": ["integer", "null"]}
    text, number = {"type": ["string", "null"]}, {"type": ["number", "null"]}
    described = {
        "id": _UUID, "unit": {**_UUID, "type": ["string", "null"]}, "name": {"type": "string"}, "note": text,
        "kind": {"type": "string"}, "geometry": {"type": ["object", "null"], "description": "GeoJSON (RFC 7946)"},
        "marking": {"type": "integer"}, "exercise": {"type": "boolean"}, "radius_m": number, "level": said,
        "valid_from": said, "valid_until": said, "updated_at": {"type": "integer"},
    }  # fmt: skip
    return {"type": "object", "required": [*described], "properties": described}


def _ticket_fields() -> dict[str, Any]:
    described = {name: _type(name, out=False) for name in sorted(tickets_api.EDITABLE)}
    described["title"]["pattern"] = r"\S"
    for name, other in (("lat", "lon"), ("lon", "lat")):
        described[name]["description"] = f"degrees WGS 84; written only together with {other}, both or both null"
    # Said as three ways, not as dependentRequired: that says nothing of null, and fewer programs read it.
    ways: list[dict[str, Any]] = [{"properties": {"lat": False, "lon": False}}]
    ways += [{"required": ["lat", "lon"], "properties": {name: {"type": kind} for name in ("lat", "lon")}}
             for kind in ("number", "null")]  # fmt: skip
    return {"type": "object", "properties": described, "additionalProperties": False, "anyOf": ways}


def _type(name: str, *, out: bool) -> dict[str, Any]:
    column = tables.synced["ticket"].c[name]
    made: dict[str, Any]
    if isinstance(column.type, Boolean):
        made = {"type": "boolean"}
    elif isinstance(column.type, SmallInteger | BigInteger):
        reach = 2 ** (15 if isinstance(column.type, SmallInteger) else 63)
        made = {"type": "integer", "minimum": -reach, "maximum": reach - 1}
        if (few := values.choices("ticket", name)) is not None:
            made = {"type": "integer", "enum": sorted(few)}
    elif isinstance(column.type, Float):
        made = {"type": "number"}
        if name in ("lat", "lon"):
            reach = 90 if name == "lat" else 180
            made |= {"minimum": -reach, "maximum": reach}
    elif isinstance(column.type, LargeBinary):
        made = dict(_UUID)
        if column.info["kind"] is Kind.REFERENCE and column.info["target"]:
            made["description"] = f"a {column.info['target']}" if column.info["target"] != "*" else "any record"
    else:
        made = {"type": "string"}
    if column.nullable and (out or column.server_default is None):
        made["type"] = [made["type"], "null"]
    return made
