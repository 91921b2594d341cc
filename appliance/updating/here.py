"""What runs on this machine, put together from the release, the firmware and the record."""

from __future__ import annotations

import msgspec

from appliance.updating import boards, carrying, record, release, state
from appliance.updating.errors import SlotError
from appliance.updating.places import Places
from appliance.updating.policy import Here
from appliance.updating.record import Record
from appliance.updating.release import Release
from appliance.updating.slots import Facts, other
from appliance.updating.state import State


class Situation(msgspec.Struct, frozen=True):
    """One look at everything."""

    release: Release
    facts: Facts
    record: Record

    @property
    def here(self) -> Here:
        """For `policy`."""
        floor = max(self.record.epoch, self.release.epoch)
        return Here(self.release.version, self.release.board, floor, self.facts.trying)

    @property
    def beside(self) -> str:
        """The version in the other slot, when one may go back to it."""
        slot = other(self.facts.running)
        content = self.record.of(slot)
        return content.version if self.facts.mark(slot) == "good" and not self.facts.trying else ""


def look(places: Places) -> Situation:
    """Now. Raises UpdateError when this is not the image, SlotError when the firmware cannot be read."""
    running = release.read(places.root)
    firmware = boards.of_board(running.board, places.root)
    return Situation(running, carrying.facts(firmware, places.kept), record.read(places.kept))


def state_of(situation: Situation, former: State | None = None) -> State:
    """What everybody is shown; what is under way stays as it was."""
    facts, last = situation.facts, situation.record.last
    return msgspec.structs.replace(
        former or State(),
        running=facts.running,
        committed=facts.committed,
        pending=facts.pending or "",
        beside=situation.beside,
        serial=situation.record.serial,
        channel=situation.record.channel,
        undone=last.version if last else "",
        undone_why=last.reason if last else "",
    )


def publish(places: Places, *, afresh: bool = False) -> State:
    """Write it anew; `afresh` forgets how the last installation ended. Raises UpdateError."""
    shown = state_of(look(places), None if afresh else state.read(places.state))
    state.write(places.state, shown)
    return shown


def require_committed(situation: Situation) -> None:
    """Raises SlotError while the running version is on trial."""
    if situation.facts.trying:
        raise SlotError(
            f"version {situation.release.version} is still being tried",
            "wait until it was found healthy, a few minutes: appliance update status",
        )
