"""The states of a stage and every arc between them; nothing else may change a stage's state."""

from __future__ import annotations

from enum import Enum

from appliance.errors import SupervisionError


class State(Enum):
    """What a stage is doing, as `appliance status` shows it."""

    STOPPED = "stopped"
    """No process, and none is wanted."""
    STARTING = "starting"
    """A process loads its engine."""
    READY = "ready"
    """The engine is loaded and answers."""
    WAITING = "waiting"
    """A library, model or device is not there yet; looked for again at intervals."""
    BACKOFF = "backoff"
    """It failed; the next process starts after a pause."""
    STOPPING = "stopping"
    """Asked to finish; killed when it takes too long."""
    RESTING = "resting"
    """No process until somebody asks it something: then one is started."""


ARCS: dict[State, frozenset[State]] = {
    State.STOPPED: frozenset(
        {
            State.STARTING,  # the supervisor starts, or the stage was stopped to take new settings
            State.RESTING,  # it is loaded on demand, and nobody asked yet, or its memory was needed
        }
    ),
    State.STARTING: frozenset(
        {
            State.READY,  # the engine said Ready
            State.WAITING,  # the engine said that a piece is missing
            State.BACKOFF,  # Failed, exit, garbage, or no answer in time
            State.STOPPING,  # the supervisor stops, or the settings changed while it loaded
        }
    ),
    State.READY: frozenset(
        {
            State.WAITING,  # a piece vanished: the sound card was unplugged
            State.BACKOFF,  # it died, hung, flooded, spoke garbage or grew above a limit
            State.STOPPING,  # the supervisor stops, or the settings changed
        }
    ),
    State.WAITING: frozenset(
        {
            State.STARTING,  # time to look again
            State.STOPPED,  # there is no process to stop
        }
    ),
    State.BACKOFF: frozenset(
        {
            State.STARTING,  # the pause is over
            State.STOPPED,  # there is no process to stop
        }
    ),
    State.STOPPING: frozenset(
        {
            State.STOPPED,  # the process is gone
        }
    ),
    State.RESTING: frozenset(
        {
            State.STARTING,  # somebody asks it something
            State.STOPPED,  # the supervisor stops
        }
    ),
}


def check(stage: str, old: State, new: State) -> None:
    """Raises SupervisionError when no arc leads from `old` to `new`."""
    if new not in ARCS[old]:
        raise SupervisionError(
            f"stage {stage}: no arc from {old.value} to {new.value}",
            "this is a fault of the program: please report it with the log",
        )
