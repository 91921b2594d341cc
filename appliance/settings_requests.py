"""What the local socket can ask of the configuration: what is in force and why, and another value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from appliance.config import chosen, schema
from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config
from appliance.config.origins import DEFAULT, Origin
from appliance.control import Answer, Handler
from appliance.errors import ConfigError, ControlError

MAX_KEYS = 50
Origins = Callable[[Mapping[str, object]], Mapping[str, Origin]]


class Steered(Protocol):
    """The appliance, as far as its settings are concerned."""

    config: Config
    store: ChosenStore


class SettingsRequests:
    """Handlers by name."""

    def __init__(
        self,
        appliance: Steered,
        reload: Callable[[], Awaitable[object]] | None,
        origins: Origins | None = None,
        *,
        fixed: tuple[str, ...] = (),
    ) -> None:
        """`reload` takes over what the store holds; None: nothing can be chosen here.

        `origins` reads where each value comes from, with these values as chosen; `fixed` are sections that
        only a restart takes over.
        """
        self._appliance = appliance
        self._reload = reload
        self._origins = origins
        self._fixed = fixed
        self._turns = asyncio.Lock()

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"settings": self._settings, "setting_choose": self._choose}

    async def _settings(self, request: Answer) -> Answer:
        """All keys, or only those of `keys`. Secrets are told as set or not, never as they are."""
        keys = request.get("keys")
        if keys is None:
            paths = list(schema.leaves())
            origins = await self._read_origins()
        else:
            paths = [_path(key) for key in _listed(keys)]
            origins = {}
        return {
            "settings": {
                schema.dotted(path): self._shown(path, origins, full=keys is None) for path in paths
            },
            "choosable": self._reload is not None,
        }

    async def _read_origins(self) -> Mapping[str, Origin]:
        if self._origins is None:
            return {}
        return await asyncio.to_thread(self._origins, self._appliance.store.values)

    def _shown(self, path: schema.Path, origins: Mapping[str, Origin], *, full: bool) -> dict[str, Any]:
        value = _value(self._appliance.config, path)
        if schema.is_secret(path):
            value = schema.HIDDEN if value else ""
        told: dict[str, Any] = {"value": value}
        if full:
            key = schema.dotted(path)
            origin = origins.get(key, DEFAULT)
            told["origin"] = {"kind": origin.kind, "name": origin.name}
            told["chosen_while_running"] = chosen.allowed(key) and origin.kind != "environment"
            told["needs_restart"] = path[0] in self._fixed
        return told

    async def _choose(self, request: Answer) -> Answer:
        """`key` and `value`; in force and remembered when this is answered."""
        key, value = request.get("key"), request.get("value")
        path = _path(key)
        if self._reload is None:
            raise ControlError("nothing can be chosen here", "change the configuration file")
        if not chosen.allowed(schema.dotted(path)):
            raise ControlError(f"{key} cannot be chosen while it runs", self._where(path))
        async with self._turns:
            await self._take(path, value)
        return {"key": key, **self._shown(path, await self._read_origins(), full=True)}

    async def _take(self, path: schema.Path, value: object) -> None:
        key, config, store = schema.dotted(path), self._appliance.config, self._appliance.store
        origin = (await self._read_origins()).get(key, DEFAULT)
        if origin.kind == "environment":
            raise ControlError(f"{key} is set by {origin.name}", "change that variable, and start anew")
        engines = {"wake": config.wake.engine, "tts": config.tts.engine}
        before = store.values
        if not store.choose({key: value}, engines):
            return
        assert self._reload is not None
        try:
            await self._reload()
        except ConfigError:
            if key in before:
                store.choose({key: before[key]}, engines)
            else:
                store.choose({key: _builtin(_value(config, path))}, engines)
            raise

    def _where(self, path: schema.Path) -> str:
        file = f"{self._appliance.config.paths.data}/appliance.toml"
        table = f"[{schema.dotted(path[:-1])}] " if path[:-1] else ""
        return f"set {table}{path[-1]} in {file}, then: systemctl reload appliance"


def _path(key: object) -> schema.Path:
    path = tuple(key.split(".")) if isinstance(key, str) and len(key) <= 200 else ()
    if path not in schema.leaves():
        near = schema.nearest(path) if path else ""
        raise ControlError(
            f"there is no setting {str(key)[:80]!r}",
            f"did you mean {near}?" if near else "appliance config docs",
        )
    return path


def _listed(keys: object) -> list[object]:
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise ControlError(f"settings: `keys` is a list of at most {MAX_KEYS} keys")
    return keys


def _value(config: Config, path: schema.Path) -> Any:
    value: Any = config
    for name in path:
        value = getattr(value, name)
    return _builtin(value)


def _builtin(value: object) -> Any:
    """As JSON has it; an engine's own options may hold anything but a secret's value."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return {
            name: schema.HIDDEN if schema.is_secret((name,)) and each else each
            for name, each in plain.items()
        }
    return list(plain) if isinstance(plain, tuple) else plain
