"""What one web process has in hand: who was here is kept once a day; a full disk harms nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from appliance.config.model import Web
from appliance.web.access import tokens
from appliance.web.access.keeper import Keeper
from appliance.web.access.store import LOCK
from appliance.web.access.visitor import Visitor, identify, wall
from appliance.web.settings import Settings
from tests.web.access.keys import token

SECONDS = 10.0


def keeper(data: Path) -> Keeper:
    return Keeper(Settings(Web(), "en", "1.2.3", str(data)))


def visitor(kept: Keeper, secret: str) -> Visitor:
    state = kept.store.read()
    return identify(state, "10.0.0.1", secure=False, authorization=f"Bearer {secret}", cookies="", now=wall())


async def test_who_was_here_is_kept_once(tmp_path: Path) -> None:
    secret, kept = token(tmp_path, "read"), keeper(tmp_path)
    who = visitor(kept, secret)
    assert kept.note_use(who)
    async with asyncio.timeout(SECONDS):
        while not kept.store.read().tokens[0].used:
            await asyncio.sleep(0.01)
    assert not kept.note_use(who)
    assert not keeper(tmp_path).note_use(who)


async def test_a_disk_that_takes_nothing_keeps_nobody_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret, kept = token(tmp_path, "read"), keeper(tmp_path)
    (tmp_path / "web" / LOCK).unlink()
    (tmp_path / "web" / LOCK).mkdir()
    who = visitor(kept, secret)
    assert kept.note_use(who)
    async with asyncio.timeout(SECONDS):
        while "cannot be kept" not in caplog.text:
            await asyncio.sleep(0.01)
    assert not kept.note_use(who)
    assert tokens.find(kept.store.read(), secret, wall()) is not None


def test_nobody_is_not_kept(tmp_path: Path) -> None:
    assert not keeper(tmp_path).note_use(Visitor("nobody", "10.0.0.1", secure=False))


def test_a_token_counts_before_a_cookie_and_a_bad_one_is_bad(tmp_path: Path) -> None:
    kept = keeper(tmp_path)
    assert visitor(kept, "appl_invented").kind == "bad"
    assert visitor(kept, token(tmp_path, "read")).scopes == {"read"}
    basic = identify(
        kept.store.read(), "::1", secure=False, authorization="Basic eDp5", cookies="", now=wall()
    )
    assert (basic.kind, basic.counted_as) == ("bad", "::1")
