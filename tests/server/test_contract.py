"""The HTTP interface keeps what its OpenAPI document promises: schemathesis asks it as people of several roles."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from opsdesk.server import openapi, wire
from tests.server.world import World
from tests.support.servers import open_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = int(os.environ.get("OPSDESK_CONTRACT", "8"))
"""Requests of each kind to each operation as each role; OPSDESK_CONTRACT=500 for a long run."""
LIES_EXAMPLES = 200
"""Requests of each kind to find a lie: of the many ways to ask wrongly, each is tried now and then only."""
ROLES = ["commander", "field user", "reader", "administrator", ""]
MODES = list(schemathesis.GenerationMode)


def operations_of(document: dict[str, Any]) -> list[Any]:
    """What a document describes. Who asks is said by the tests and not made up."""
    generation = {"with-security-parameters": False, "allow-x00": False}
    schema: Any = schemathesis.openapi.from_dict(
        document, config=schemathesis.Config.from_dict({"generation": generation})
    )
    return [found.ok() for found in schema.get_all_operations()]


OPERATIONS = operations_of(openapi.document())


class Asker:
    """A client of one role on a server of its own, with a few tickets to ask about."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        self.run, self.world = runner.run, world
        self.tickets: list[dict[str, Any]] = []

    async def prepare(self) -> None:
        """Make tickets that the roles may read and change."""
        async with await self.world.as_("commander") as client:
            for title in ("Pump broken", "Bridge closed", "Road flooded"):
                made = await client.post("/v1/tickets", json={"title": title, "lat": 48.0, "lon": 11.0})
                self.tickets.append(made.json())

    async def ask(self, role: str, case: Any, ticket: int, fresh: bool) -> httpx.Response:
        """Send a case, now and then about a ticket that there is, at the version that it has, or in the own unit."""
        if ticket < len(self.tickets) and "id" in (case.path_parameters or {}):
            record = UUID(self.tickets[ticket]["id"])
            case.path_parameters["id"] = str(record)
            if fresh and "If-Match" in (case.headers or {}):
                ver = await self.world.owner.fetchval("SELECT ver FROM ticket WHERE id = $1", record.bytes)
                case.headers["If-Match"] = f'"{ver}"'
        if fresh and isinstance(case.body, dict) and case.meta.generation.mode == MODES[0]:
            # Nobody makes up the id of a unit that there is.
            case.body = {name: value for name, value in case.body.items() if name not in ("unit", "marking")}
        said = case.as_transport_kwargs(base_url="https://post")
        said.pop("cookies", None)
        content = said.pop("data", None)
        async with await self.world.as_(role) if role else self.world.client() as client:
            own = {name: text for name, text in said.pop("headers", {}).items() if name.lower() != "authorization"}
            headers = {name.encode(): text.encode("latin-1") for name, text in own.items()}
            return await client.request(**said, headers=headers, content=content)


@pytest.fixture(scope="module")
def asker(cluster: Any, founded: tuple[str, str]) -> Iterator[Asker]:
    with asyncio.Runner() as runner:
        opened = open_world(cluster, founded)
        made = Asker(runner, runner.run(opened.__aenter__()))
        runner.run(made.prepare())
        yield made
        runner.run(opened.__aexit__(None, None, None))


def can_be_asked_wrongly(operation: Any) -> bool:
    """Whether some request breaks the document: not where nothing is taken, or any bytes."""
    kinds = {body.media_type for body in operation.body}
    others = [one for one in operation.iter_parameters() if one.name != "Authorization"]
    return bool(others or kinds - {"application/octet-stream"})


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "nobody")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_keeps_its_promise(asker: Asker, operation: Any, role: str) -> None:
    keep_asking(asker, operation, role)


def keep_asking(asker: Asker, operation: Any, role: str, examples: int = EXAMPLES) -> None:
    """Ask rightly and wrongly, each so often. Raises FailureGroup for an answer that the document does not promise."""
    for mode in MODES if can_be_asked_wrongly(operation) else MODES[:1]:

        @seed(1)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.integers(0, 3), st.booleans())
        def asked(case: Any, ticket: int, fresh: bool) -> None:
            case.validate_response(asker.run(asker.ask(role, case, ticket, fresh)), checks=CHECKS)

        asked()


def without_status(document: dict[str, Any]) -> None:
    del document["paths"]["/v1/tickets/{id}"]["get"]["responses"]["404"]


def with_a_wrong_type(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Ticket"]["properties"]["title"] = {"type": "integer"}


def with_a_promise_to_refuse(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["NewTicket"]["properties"]["title"] = {"type": "string", "maxLength": 3}


LIES = {
    "GET /v1/tickets/{id}": (without_status, with_a_wrong_type),
    "POST /v1/tickets": (with_a_wrong_type, with_a_promise_to_refuse),
}


@pytest.mark.parametrize(("label", "lie"), [(label, lie) for label, lies in LIES.items() for lie in lies])
def test_a_lie_of_the_document_is_seen(asker: Asker, label: str, lie: Callable[[dict[str, Any]], None]) -> None:
    document = deepcopy(openapi.document())
    lie(document)
    (operation,) = [one for one in operations_of(document) if one.label == label]
    with pytest.raises(FailureGroup):
        keep_asking(asker, operation, "commander", LIES_EXAMPLES)


def test_a_failure_inside_is_seen(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "ticket_out", fail)
    (operation,) = [one for one in OPERATIONS if one.label == "GET /v1/tickets"]
    with pytest.raises(FailureGroup):
        keep_asking(asker, operation, "commander")
