"""A key to the web for tests: a token in the data directory, as `appliance token create` makes it."""

from __future__ import annotations

from pathlib import Path

from appliance.web.access import tokens
from appliance.web.access.scopes import SCOPES
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall


def token(data: Path, *scopes: str, days: int = 0, now: int | None = None) -> str:
    """Its secret; every scope without names."""
    made = wall() if now is None else now
    return Store(data / "web").change(
        lambda state: tokens.create(state, scopes or SCOPES, "a test", days, made)
    )[1]


def bearer(secret: str) -> dict[str, str]:
    """As a header."""
    return {"Authorization": f"Bearer {secret}"}
