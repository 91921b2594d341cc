"""What `appliance models list` and `verify` say about each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from appliance.config.model import Config
from appliance.errors import ModelError
from appliance.ops import needs
from appliance.ops.checksums import WrongChecksum
from appliance.ops.manifest import Model
from appliance.ops.store import Store, missing, verify


class Listed(msgspec.Struct, frozen=True):
    """One model and its state on this machine."""

    name: str
    kind: str
    engine: str
    state: str
    """"package", "verified", "present" (not verified yet), "missing"."""
    needed: bool
    size_bytes: int
    ram_mb: int
    licence: str
    languages: tuple[str, ...]
    pinned: bool
    source: str


class Verdict(msgspec.Struct, frozen=True):
    """The outcome for one model; `problem` is empty when every byte is as it should be."""

    name: str
    ok: bool
    problem: str = ""


def listed(config: Config) -> list[Listed]:
    """Every known model. Raises ModelError for a broken manifest or an unknown configured name."""
    store = Store(config)
    wanted = set(needs.needed(config, store.known))
    return [_listed(model, store, needed=model.name in wanted) for model in store.known.models.values()]


def _listed(model: Model, store: Store, *, needed: bool) -> Listed:
    return Listed(
        name=model.name,
        kind=model.kind,
        engine=model.engine,
        state=state(model, store),
        needed=needed,
        size_bytes=model.size_bytes,
        ram_mb=model.ram_mb,
        licence=model.licence,
        languages=model.languages,
        pinned=model.pinned or model.source_kind == "package",
        source=model.source_kind,
    )


def state(model: Model, store: Store) -> str:
    """In one word, without reading the model."""
    place = store.present(model)
    if place is None:
        return "missing"
    if model.source_kind == "package":
        return "package"
    return "verified" if store.is_verified(model, place) else "present"


def verdicts(config: Config, names: Sequence[str] = ()) -> Iterator[Verdict]:
    """Read every byte of these models, or of all that are here. Raises ModelError for an unknown name."""
    store = Store(config)
    chosen = [store.known.get(name) for name in names] or list(store.known.models.values())
    for model in chosen:
        place = store.present(model)
        if place is None:
            if names:
                yield Verdict(model.name, ok=False, problem=missing(model).message)
            continue
        try:
            verify(model, place)
        except WrongChecksum as error:
            store.set_aside(error.path)
            yield Verdict(model.name, ok=False, problem=error.message)
        except ModelError as error:
            yield Verdict(model.name, ok=False, problem=error.message)
        else:
            yield Verdict(model.name, ok=True)
