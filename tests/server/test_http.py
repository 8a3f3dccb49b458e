"""The HTTP interface: tickets for programs, under the same policies and through the same door as sync."""

import logging
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from opsdesk.server import app, openapi, tickets_api
from opsdesk.server.state import Server
from opsdesk.sync.transports import proofs
from tests.server.made_tickets import make, pages
from tests.server.test_accounts import Desk
from tests.server.world import World

pytestmark = pytest.mark.anyio


def seen(ticket: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{ticket["ver"]}"'}


# Making, reading, changing


async def test_a_ticket_is_made_read_changed_and_voided(world: World) -> None:
    officer = await world.as_("watch officer")
    made = await make(officer, urgency=3, lat=39.1431856100598, lon=125.5)
    assert (made["number"], made["state"], made["unit"]) == ("T-WEB-00001", 10, str(UUID(bytes=await world.unit("A"))))
    read = await officer.get(f"/v1/tickets/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"] == f'"{made["ver"]}"'
    changed = await officer.patch(
        f"/v1/tickets/{made['id']}", json={"title": "Pump works", "due_at": 5}, headers=seen(made)
    )
    assert (changed.status_code, changed.json()["title"], changed.json()["due_at"]) == (200, "Pump works", 5)
    gone = await officer.delete(f"/v1/tickets/{made['id']}?reason=twice", headers=seen(changed.json()))
    assert gone.status_code == 204
    assert (await officer.get(f"/v1/tickets/{made['id']}")).status_code == 404
    assert await world.owner.fetchval("SELECT voided FROM ticket") == "twice"


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"lat": 48.0}, "lon"),
        ({"lon": 11.0}, "lat"),
        ({"lat": 48.0, "lon": None}, "lon"),
        ({"lat": None, "lon": 11.0}, "lat"),
        ({"lat": None}, "lon"),
        ({"lon": None}, "lat"),
    ],
)
async def test_half_a_position_is_refused_by_the_name_of_the_other_half(
    common_world: World, given: dict[str, Any], lacks: str
) -> None:
    officer = await common_world.as_("watch officer")
    made = await make(officer, lat=1.0, lon=2.0)
    for answer in (
        await officer.post("/v1/tickets", json={"title": "Pump", **given}),
        await officer.patch(f"/v1/tickets/{made['id']}", json=given, headers=seen(made)),
    ):
        assert (answer.status_code, answer.json()["text"].split()[0]) == (422, lacks)
    assert (await officer.get(f"/v1/tickets/{made['id']}")).json() == made
    gone = await officer.patch(f"/v1/tickets/{made['id']}", json={"lat": None, "lon": None}, headers=seen(made))
    assert (gone.json()["lat"], gone.json()["lon"]) == (None, None)


async def test_numbers_count_on(world: World) -> None:
    officer = await world.as_("watch officer")
    assert [(await make(officer))["number"] for _ in range(3)] == ["T-WEB-00001", "T-WEB-00002", "T-WEB-00003"]


async def test_what_came_by_http_is_a_change_like_any_other(world: World) -> None:
    """Desks learn of it by their feed, and its history is in the change log with its author."""
    officer = await world.as_("watch officer")
    made = await make(officer)
    await officer.patch(f"/v1/tickets/{made['id']}", json={"title": "x", "urgency": 3}, headers=seen(made))
    log = await world.owner.fetch("SELECT dseq, actor FROM change_log WHERE entity = 10 ORDER BY dseq")
    assert len(log) == 3
    person = await world.owner.fetchval("SELECT person FROM account WHERE name = 'watch officer'")
    assert {row["actor"] for row in log} == {person}
    place = await world.unit("A") + b"\1"
    entries = await world.owner.fetch("SELECT pos, kind FROM feed_entry WHERE place = $1 ORDER BY pos", place)
    assert [tuple(row) for row in entries] == [(1, 1), (2, 2), (3, 2)]


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused_whole(world: World) -> None:
    officer, commander = await world.as_("watch officer"), await world.as_("commander")
    made = await make(officer)
    await commander.patch(f"/v1/tickets/{made['id']}", json={"title": "Theirs"}, headers=seen(made))
    late = await officer.patch(f"/v1/tickets/{made['id']}", json={"urgency": 3, "title": "Mine"}, headers=seen(made))
    assert (late.status_code, late.json()["error"]) == (409, "changed meanwhile")
    now = (await officer.get(f"/v1/tickets/{made['id']}")).json()
    assert (now["title"], now["urgency"]) == ("Theirs", 2)
    assert await world.owner.fetchval("SELECT count(*) FROM conflict") == 0


async def test_nobody_voids_a_version_that_was_not_seen(world: World) -> None:
    officer, commander = await world.as_("watch officer"), await world.as_("commander")
    made = await make(officer)
    await commander.patch(f"/v1/tickets/{made['id']}", json={"title": "Theirs"}, headers=seen(made))
    assert (await officer.delete(f"/v1/tickets/{made['id']}?reason=x", headers=seen(made))).status_code == 409


async def test_another_field_changed_meanwhile_does_no_harm(world: World) -> None:
    officer, commander = await world.as_("watch officer"), await world.as_("commander")
    made = await make(officer)
    await commander.patch(f"/v1/tickets/{made['id']}", json={"title": "Theirs"}, headers=seen(made))
    answer = await officer.patch(f"/v1/tickets/{made['id']}", json={"urgency": 3}, headers=seen(made))
    assert (answer.status_code, answer.json()["title"], answer.json()["urgency"]) == (200, "Theirs", 3)


async def test_a_change_says_what_it_is_based_on(world: World) -> None:
    officer = await world.as_("watch officer")
    made = await make(officer)
    assert (await officer.patch(f"/v1/tickets/{made['id']}", json={"title": "x"})).status_code == 428


async def test_a_ticket_goes_through_its_states_and_guards(world: World) -> None:
    officer = await world.as_("watch officer")
    ticket = await make(officer)
    url = f"/v1/tickets/{ticket['id']}/transitions"

    async def event(**said: Any) -> httpx.Response:
        now = (await officer.get(f"/v1/tickets/{ticket['id']}")).json()
        return await officer.post(url, json=said, headers=seen(now))

    refused = await event(event="accept")
    assert (refused.status_code, refused.json()["text"]) == (422, "Set a group or an assignee first")
    assert (await event(event="start")).status_code == 409
    group = str(UUID(bytes=await world.unit("B")))
    now = await officer.patch(f"/v1/tickets/{ticket['id']}", json={"group": group}, headers=seen(ticket))
    assert now.status_code == 200
    steps: list[dict[str, Any]] = [
        {"event": "accept"},
        {"event": "wait", "waiting_reason": "parts", "waiting_until": 9},
        {"event": "resume"},
        {"event": "resolve", "solution": "fixed"},
        {"event": "confirm"},
    ]
    states = []
    for said in steps:
        answer = await event(**said)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["state"])
    assert states == [20, 40, 30, 50, 60]
    assert answer.json()["waiting_reason"] is None
    assert (await event(event="reopen", reason="leaks")).status_code == 403


async def test_a_ticket_handed_over_is_gone_with_all_that_hangs_on_it(world: World) -> None:
    officer = await world.as_("watch officer")
    made = await make(officer)
    await world.owner.execute("UPDATE ticket SET requester = NULL")
    await officer.post(f"/v1/tickets/{made['id']}/comments", json={"body": "seen"})
    other = str(UUID(bytes=await world.unit("B")))
    answer = await officer.patch(f"/v1/tickets/{made['id']}", json={"unit": other}, headers=seen(made))
    assert answer.status_code == 204, answer.text
    assert await world.owner.fetchval("SELECT unit FROM comment") == await world.unit("B")
    await world.grant("reader", "reader", "B")
    theirs = await (await world.as_("reader")).get(f"/v1/tickets/{made['id']}/comments")
    assert [one["body"] for one in theirs.json()["comments"]] == ["seen"]
    kinds = await world.owner.fetch(
        "SELECT kind FROM feed_entry WHERE place = $1 ORDER BY pos", await world.unit("A") + b"\1"
    )
    assert [row["kind"] for row in kinds][-2:] == [4, 4], "told to the desks of the unit before"


# Reading


async def test_pages_show_every_ticket_once(world: World) -> None:
    officer = await world.as_("watch officer")
    titles = [f"Ticket {number}" for number in range(11)]
    for title in titles:
        world.now += 1
        await make(officer, title=title)
    assert await pages(officer, "limit=3&sort=created_at") == titles
    assert await pages(officer, "limit=3&sort=-created_at") == titles[::-1]
    assert sorted(await pages(officer, "limit=4")) == sorted(titles)


async def test_filters_and_words_go_together(world: World) -> None:
    officer = await world.as_("watch officer")
    await make(officer, title="Bridge blocked", priority=4)
    await make(officer, title="Bridge clear", priority=1)
    await make(officer, title="Pump", description="below the brïdge", priority=4)
    assert set(await pages(officer, "q=bridge")) == {"Bridge blocked", "Bridge clear", "Pump"}
    assert set(await pages(officer, "q=bridge&priority=3")) == {"Bridge blocked", "Pump"}
    assert await pages(officer, "q=bridge clear&state=open") == ["Bridge clear"]
    assert await pages(officer, "state=60") == []
    assert len(await pages(officer, f"unit={UUID(bytes=await world.unit('A'))}")) == 3
    assert await pages(officer, f"assignee={uuid4()}") == []


async def test_others_see_what_their_rights_allow(world: World) -> None:
    officer = await world.as_("watch officer")
    secret = await make(officer, title="Restricted", marking=2)
    await make(officer, title="Official")
    await world.grant("reader", "reader", "A", marking=1)
    reader = await world.as_("reader")
    assert await pages(reader, "") == ["Official"]
    assert (await reader.get(f"/v1/tickets/{secret['id']}")).status_code == 404
    await world.grant("analyst", "analyst", "B")
    assert await pages(await world.as_("analyst"), "") == []
    assert len(await pages(await world.as_("keller"), "")) == 2, "from above the unit tree is seen"


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "status"),
    [
        ("reader", "POST", "/v1/tickets", {"title": "x"}, 403),
        ("field user", "POST", "/v1/tickets", {"title": "x"}, 201),
        ("field user", "POST", "/v1/tickets", {"title": "x", "unit": "B"}, 403),
        ("field user", "POST", "/v1/tickets", {"title": "x", "marking": 3}, 403),
        ("field user", "POST", "/v1/tickets", {"title": "x", "major": True}, 403),
        ("commander", "POST", "/v1/tickets", {"title": "x", "major": True}, 201),
        ("keller", "POST", "/v1/tickets", {"title": "x"}, 403),
        ("reader", "PATCH", "/v1/tickets/ONE", {"title": "y"}, 403),
        ("field user", "PATCH", "/v1/tickets/ONE", {"title": "y"}, 200),
        ("field user", "PATCH", "/v1/tickets/ONE", {"unit": "B"}, 403),
        ("field user", "DELETE", "/v1/tickets/ONE?reason=x", None, 403),
        ("watch officer", "DELETE", "/v1/tickets/ONE?reason=x", None, 204),
        ("reader", "POST", "/v1/tickets/ONE/comments", {"body": "x"}, 403),
        ("field user", "POST", "/v1/tickets/ONE/comments", {"body": "x"}, 201),
        ("reader", "POST", "/v1/tickets/ONE/transitions", {"event": "decline", "reason": "x"}, 403),
        ("analyst", "POST", "/v1/tickets/ONE/transitions", {"event": "decline", "reason": "x"}, 200),
    ],
)  # fmt: skip
async def test_rights_hold_by_http_as_well(
    common_world: World, role: str, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    one = await make(await common_world.as_("watch officer"))
    if body and "unit" in body:
        body = {**body, "unit": str(UUID(bytes=await common_world.unit(body["unit"])))}
    client = await common_world.as_(role)
    logged = "SELECT count(*) FROM change_log"
    before = await common_world.owner.fetchval(logged)
    answer = await client.request(method, path.replace("ONE", one["id"]), json=body, headers=seen(one))
    assert answer.status_code == status, answer.text
    assert (await common_world.owner.fetchval(logged) > before) == (status != 403)


# Bad input


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/v1/tickets/xyz", None, 422),
        ("GET", f"/v1/tickets/{UUID(int=1)}", None, 404),
        ("GET", "/v1/tickets?sort=title", None, 422),
        ("GET", "/v1/tickets?limit=0", None, 422),
        ("GET", "/v1/tickets?limit=x", None, 422),
        ("GET", "/v1/tickets?limit=²", None, 422),
        ("GET", "/v1/tickets?cursor=x", None, 422),
        ("GET", "/v1/tickets?q=%00", None, 422),
        ("GET", "/v1/tickets?nothing=1", None, 422),
        ("GET", "/v1/tickets?state=1e9", None, 422),
        ("GET", "/v1/tickets/near?lat=nan&lon=0&metres=1", None, 422),
        ("GET", "/v1/tickets/near?lat=91&lon=0&metres=1", None, 422),
        ("GET", "/v1/nothing", None, 404),
        ("PUT", "/v1/tickets", None, 405),
        ("POST", "/v1/tickets", b"{", 422),
        ("POST", "/v1/tickets", b"[]", 422),
        ("POST", "/v1/tickets", b"\xff", 422),
        ("POST", "/v1/tickets", b"{}", 422),
        ("POST", "/v1/tickets", b'{"title": 5}', 422),
        ("POST", "/v1/tickets", b'{"title": "a\\u0000b"}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "number": "T-1"}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "urgency": 99999}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "assignee": "me"}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "location": [{"b": 99999999999999999999}]}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "due_at": 99999999999999999999}', 422),
        ("POST", "/v1/tickets", b'{"title": "a", "due_at": 1e99}', 422),
        ("POST", "/v1/tickets", b'"' + b"x" * 1_100_000 + b'"', 413),
    ],
)
async def test_what_is_malformed_is_refused_with_words(
    common_world: World, method: str, path: str, content: bytes | None, status: int
) -> None:
    client = await common_world.as_("commander")
    answer = await client.request(method, path, content=content)
    assert (answer.status_code, sorted(answer.json())) == (status, ["error", "text"]), answer.text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic eDp5"])
@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/me", "/v1/tickets/near"])
async def test_without_a_token_nothing_is_told(common_world: World, path: str, header: str) -> None:
    answer = await common_world.client().get(path, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_device_is_out_while_its_token_still_runs(world: World) -> None:
    officer = await world.as_("watch officer")
    assert (await officer.get("/v1/me")).json()["role"] == "watch officer"
    await world.owner.execute("UPDATE device SET revoked_at = 1 WHERE name = 'watch officer'")
    assert (await officer.get("/v1/me")).status_code == 401


async def test_a_fault_of_ours_tells_nothing_of_our_inside(world: World, caplog: pytest.LogCaptureFixture) -> None:
    officer = await world.as_("watch officer")
    await world.owner.execute("DROP FUNCTION search_tickets")
    answer = await officer.get("/v1/tickets?q=x")
    assert (answer.status_code, answer.json()) == (500, {"error": "server error", "text": "server error"})


# Coming in by HTTP


async def test_a_device_enrols_logs_in_and_refreshes(world: World) -> None:
    from base64 import b64encode

    from opsdesk.server import accounts
    from tests.server.world import NOTE

    async with world.db.accounts() as connection:
        secret = await accounts.make_code(connection, name="keller", note=NOTE, now=world.now)
    desk, client = Desk(b"x" * 16, "CP1"), world.client()
    joining = desk.joining(secret)
    said = {"secret": secret, "dev": str(UUID(bytes=desk.dev)), "key": b64encode(desk.public).decode(),
            "name": "Laptop", "tag": "CP1", "proof": b64encode(joining.proof).decode()}  # fmt: skip
    made = await client.post("/v1/enrol", json=said)
    assert made.status_code == 200, made.text
    token = made.json()["refresh"]
    proof = b64encode(desk.sign(proofs.REFRESH, token.encode())).decode()
    again = await client.post("/v1/token", json={"token": token, "proof": proof})
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {again.json()['access']}"})
    assert me.json()["role"] == "administrator"
    asked = desk.log_in((await client.get("/v1/challenge")).json()["challenge"])
    by_password = {"name": asked.name, "password": asked.password, "dev": said["dev"], "challenge": asked.challenge,
                   "proof": b64encode(asked.proof).decode()}  # fmt: skip
    assert (await client.post("/v1/log-in", json=by_password)).status_code == 200
    for _ in range(5):
        assert (await client.post("/v1/log-in", json=by_password | {"password": "wrong"})).status_code == 401
    slowed = await client.post("/v1/log-in", json=by_password)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert (await client.post("/v1/enrol", json=said | {"tag": "WEB", "secret": "0" * 16})).status_code == 401


# The document and the log


async def test_the_document_names_every_route_and_no_other(world: World) -> None:
    document = (await world.client().get("/v1/openapi.json")).json()
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }
    served = {(method, route.path) for route in app.ROUTES for method in (route.methods or set()) - {"HEAD"}}
    assert described == served


def test_every_reference_in_the_document_leads_somewhere() -> None:
    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*map(references, part.values()))
        return set().union(*map(references, part)) if isinstance(part, list) else set()

    schemas = openapi.document()["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in references(openapi.document())} <= schemas.keys()
    assert schemas["TicketFields"]["properties"].keys() == tickets_api.EDITABLE


async def test_an_answer_is_as_the_document_says(world: World) -> None:
    import jsonschema

    made = await make(await world.as_("watch officer"), lat=1.5, lon=2)
    jsonschema.validate(made, openapi.document()["components"]["schemas"]["Ticket"])


async def test_each_request_leaves_a_line_that_programs_can_read(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    import json

    with caplog.at_level(logging.INFO, "opsdesk.server.requests"):
        await (await world.as_("reader")).get("/v1/me")
    # The client may write lines of its own.
    own = [record for record in caplog.records if record.name == "opsdesk.server.requests"]
    line = json.loads(app.JsonLines().format(own[-1]))
    assert (line["method"], line["path"], line["status"], line["level"]) == ("GET", "/v1/me", 200, "info")
    assert line["person"] == (await world.owner.fetchval("SELECT person FROM account WHERE name = 'reader'")).hex()


async def test_health_tells_when_the_database_is_gone(world: World) -> None:
    assert (await world.client().get("/health")).json() == {"status": "ok", "epoch": 0}
    await world.db.close()
    answer = await world.client().get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "no database"})
    assert isinstance(world.server, Server)
