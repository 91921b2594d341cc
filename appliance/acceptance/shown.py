"""Whether Home Assistant itself shows an entity as on; asked only where its address is configured."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from appliance.acceptance import result
from appliance.config.model import HomeAssistant
from appliance.errors import HomeError
from appliance.home.hass import address, session
from appliance.home.hass.session import Session

LOOK_SECONDS = 0.1


async def until_on(settings: HomeAssistant, unique_id: str) -> float:
    """Seconds until Home Assistant shows it. Raises HomeError when that takes too long or cannot be asked."""
    began = time.monotonic()
    try:
        async with (
            asyncio.timeout(result.ALERT_SECONDS),
            session.opened(address.resolve(settings), settings, lambda _kind, _reason: None) as asked,
        ):
            entity_id = await _entity_id(asked, unique_id)
            while not await _is_on(asked, entity_id):  # noqa: ASYNC110 - it is asked, nobody tells
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise HomeError(
            "it is on the broker, but Home Assistant does not show it",
            "is its MQTT integration at the same broker, with the same discovery prefix?",
        ) from error
    except (OSError, session.Lost, session.Rejected, session.TokenRefused) as error:
        raise HomeError(f"Home Assistant cannot be asked: {error}", "appliance status") from error
    return time.monotonic() - began


async def _entity_id(asked: Session, unique_id: str) -> str:
    """What it is called there. Raises HomeError when Home Assistant has no such entity."""
    for row in _rows(await asked.ask("config/entity_registry/list", {})):
        if row.get("platform") == "mqtt" and row.get("unique_id") == unique_id:
            return str(row.get("entity_id"))
    raise HomeError(
        "Home Assistant does not know the alert",
        "is its MQTT integration at the same broker as the appliance?",
    )


async def _is_on(asked: Session, entity_id: str) -> bool:
    rows = _rows(await asked.ask("get_states", {}))
    return any(row.get("entity_id") == entity_id and row.get("state") == "on" for row in rows)


def _rows(raw: msgspec.Raw) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(raw, type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise HomeError(
            "Home Assistant answers in another form", "which version is it? 2024.4 or newer"
        ) from error
