"""Tickets made and read by HTTP, for tests."""

from typing import Any

import httpx


async def make(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await client.post("/v1/tickets", json={"title": "Pump broken", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def pages(client: httpx.AsyncClient, query: str) -> list[str]:
    found: list[str] = []
    following = ""
    while True:
        answer = await client.get(f"/v1/tickets?{query}{following}")
        assert answer.status_code == 200, answer.text
        found += [one["title"] for one in answer.json()["tickets"]]
        if answer.json()["next"] is None:
            return found
        following = f"&cursor={answer.json()['next']}"
