"""How long it waits between attempts, and for what."""

from __future__ import annotations

import asyncio
import time

from appliance.config.model import HomeAssistant
from appliance.home.hass.follower import Follower
from tests.home.harness import until
from tests.home.hass.fake import Fake


def follower(**settings) -> Follower:
    return Follower(
        HomeAssistant(**settings),
        "",
        on_connection=lambda _connection: None,
        on_model=lambda: None,
        on_states=lambda _changes: None,
        fault=lambda _kind, _reason: None,
    )


async def test_attempts_grow_rarer_and_never_end() -> None:
    async with Fake().serving() as fake:
        following = follower(
            url=fake.url,
            token="wrong",
            refused_seconds=0.05,
            reconnect_min_seconds=0.05,
            reconnect_max_seconds=0.1,
        )
        task = asyncio.create_task(following.run())
        await until(lambda: fake.logins >= 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert following.connection.reason == "the connection to Home Assistant was closed by ourselves"


async def test_another_token_in_the_file_ends_the_pause(tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text("wrong")
    file.chmod(0o600)
    async with Fake().serving() as fake:
        following = follower(url=fake.url, token_file=str(file), refused_seconds=600.0)
        task = asyncio.create_task(following.run())
        await until(lambda: "does not accept" in following.connection.reason)
        began = time.monotonic()
        file.write_text("the-right-token")
        await until(lambda: following.connection.connected)
        assert time.monotonic() - began < 60
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
