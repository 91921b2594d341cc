"""What a stage is, and how it is doing: the two records that the supervisor shares with the rest."""

from __future__ import annotations

import msgspec

from appliance.config.model import Limits
from appliance.supervision.load import Figures
from appliance.supervision.states import State
from appliance.wire import messages


class StageSpec(msgspec.Struct, frozen=True):
    """Everything that decides how a stage's process looks; a stage restarts when any of it changes."""

    name: messages.StageName
    configure: messages.Configure
    limits: Limits
    read_only: tuple[str, ...] = ()
    """Files and folders of its models, absolute; shown at the same place inside."""
    sound_devices: bool = False
    scratch: str = ""
    """A folder of its own for temporary files, where the walls give it no private /tmp; empty: none."""
    mandatory: bool = True
    """Does the appliance count as ready only with this stage?"""
    live: tuple[str, ...] = ()
    """Options that the running process takes from another `Configure`: a change of these restarts nothing."""
    command: tuple[str, ...] = ()
    """Run this instead of the stage's own process; stage name and descriptor are appended."""


def only_live(one: StageSpec, other: StageSpec) -> bool:
    """Do these differ in nothing but what a running process takes over?"""
    return one.live == other.live and _fixed(one) == _fixed(other)


def _fixed(spec: StageSpec) -> StageSpec:
    options = {name: value for name, value in spec.configure.options.items() if name not in spec.live}
    configure = msgspec.structs.replace(spec.configure, options=options)
    return msgspec.structs.replace(spec, configure=configure)


class StageStatus(msgspec.Struct, frozen=True):
    """One stage, for `appliance status` and the telemetry."""

    name: str
    state: State
    since_seconds: float
    pid: int | None
    """The stage's own process, not the sandbox around it."""
    generation: int
    """How many processes it has had."""
    restarts: int
    """How often it failed and was started again."""
    missing: int
    """How often it was looked for a missing piece."""
    retry_seconds: float | None
    """Until the next start, in states waiting and backoff."""
    memory_mb: float | None
    limits: Limits
    engine: str
    detail: str
    load_ms: float | None
    last_error: str
    hint: str
    dropped_audio: int
    """Blocks of live audio that it was too slow for."""
    refused: int
    """Messages that could not be given to it."""
    sandbox: str
    """Level of the ladder."""
    confinement: str
    cgroup: str
    """Path of its group, empty without."""
    waiting: int = 0
    """Messages that wait until it reads."""
    resting: bool = False
    """Ready, but not loaded: it has no process until it is asked something."""
    load: Figures | None = None
    """What it had to do lately; None for a stage that is not counted."""
