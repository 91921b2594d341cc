"""Versions and snapshots over HTTP, of an appliance whose answers the test chooses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from appliance.backup.snapshots import Taken
from appliance.config.model import Web
from appliance.updating.updates import View
from appliance.web.app import make
from appliance.web.context import Context
from appliance.web.settings import Settings
from tests.controlled import Controlled, controlled
from tests.web.access.keys import bearer, token

VIEW = msgspec.to_builtins(View(installed="1.0", latest="1.1")) | {"available": True}
TAKEN = {
    name: value
    for name, value in msgspec.to_builtins(Taken("/a/b", 7)).items()
    if name not in {"error", "hint"}
}
NEWEST = "/a/appliance-2026-11-21T104846Z.tar.gz"
ANSWERS: dict[str, dict[str, Any]] = {
    "update": VIEW,
    "update_check": VIEW,
    "update_install": VIEW | {"in_progress": True, "percent": 3},
    "update_rollback": {"version": "0.9"},
    "backup_list": {"snapshots": [NEWEST], "trouble": "", "offsite_trouble": ""},
    "backup_take": TAKEN,
}


async def request(served: Controlled, method: str, path: str) -> httpx.Response:
    context = Context(Settings(Web(), "en", "1", str(served.data)))
    transport = httpx.ASGITransport(make(context), client=("127.0.0.1", 1))
    headers = bearer(token(served.data))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        answer = await client.request(method, path)
    await context.stop()
    return answer


@pytest.mark.parametrize(
    ("method", "path", "asked", "status", "part"),
    [
        ("GET", "updates", "update", 200, {"installed": "1.0", "latest": "1.1", "available": True}),
        ("POST", "updates/check", "update_check", 200, {"latest": "1.1"}),
        ("POST", "updates/install", "update_install", 200, {"in_progress": True, "percent": 3}),
        ("POST", "updates/rollback", "update_rollback", 200, {"version": "0.9"}),
        ("GET", "backups", "backup_list", 200, {"snapshots": [{"where": NEWEST, "at": 1795258126.0}]}),
        ("POST", "backups", "backup_take", 201, {"path": "/a/b", "size": 7}),
    ],
)
async def test_each_asks_for_its_own(
    tmp_path: Path, method: str, path: str, asked: str, status: int, part: dict[str, Any]
) -> None:
    async with controlled(tmp_path, **ANSWERS) as served:
        answer = await request(served, method, f"/api/{path}?source=/etc/passwd")
        assert answer.status_code == status, answer.text
        assert part.items() <= answer.json().items()
        assert served.requests == [{"do": asked}]


async def test_without_the_image_that_is_said(tmp_path: Path) -> None:
    async with controlled(tmp_path) as served:
        answer = await request(served, "GET", "/api/updates")
    assert answer.status_code == 409
    assert answer.json()["hint"]
