"""What is kept on /data about the slots: marks, versions, the security epoch, and what went wrong last.

`/data/updates/record.json`, written by root only. When it is lost (factory reset), the firmware still knows
which slot to start, and the release file of the running system its security epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from appliance.updating import durable
from appliance.updating.errors import SlotError
from appliance.updating.slots import Mark, Note, Slot, index

FILE = "record.json"
MAX_FAILED = 16
MAX_TEXT = 1_000


class Content(msgspec.Struct, frozen=True):
    """What is known of one slot."""

    mark: Mark = "unknown"
    version: str = ""
    epoch: int = 0


class Failure(msgspec.Struct, frozen=True):
    """A version that was started once and taken back."""

    version: str
    reason: str = ""
    hint: str = ""


class Record(msgspec.Struct, frozen=True):
    """The whole file."""

    a: Content = Content()
    b: Content = Content()
    epoch: int = 0
    """The highest security epoch that was ever committed here."""
    serial: int = 0
    """Of the newest channel file that was used; each channel counts by itself."""
    channel: str = ""
    """Followed instead of `update.channel`; empty: as configured."""
    failed: tuple[str, ...] = ()
    """Versions that did not become healthy, the newest last; not installed again by themselves."""
    last: Failure | None = None

    def of(self, slot: Slot) -> Content:
        """What is known of a slot."""
        return self.a if slot == "A" else self.b

    @property
    def marks(self) -> tuple[Mark, Mark]:
        """Of A and of B."""
        return (self.a.mark, self.b.mark)

    @property
    def epochs(self) -> tuple[int, int]:
        """Of A and of B."""
        return (self.a.epoch, self.b.epoch)


def with_content(record: Record, slot: Slot, content: Content) -> Record:
    """The record with this in that slot."""
    return msgspec.structs.replace(record, **{("a", "b")[index(slot)]: content})


def noted(record: Record, note: Note) -> Record:
    """The record after a decision."""
    content = record.of(note.slot)
    kept = msgspec.structs.replace(content, mark=note.mark)
    return with_content(record, note.slot, kept)


def failed(record: Record, version: str, reason: str, hint: str = "") -> Record:
    """The record after a version was taken back."""
    known = tuple(each for each in record.failed if each != version)
    last = Failure(version[:MAX_TEXT], reason[:MAX_TEXT], hint[:MAX_TEXT])
    return msgspec.structs.replace(record, failed=(*known, version)[-MAX_FAILED:], last=last)


def committed(record: Record, slot: Slot, version: str, epoch: int) -> Record:
    """The record after the running version was committed: it is not a failed one any more."""
    rest = tuple(each for each in record.failed if each != version)
    after = msgspec.structs.replace(record, failed=rest, last=None, epoch=max(record.epoch, epoch))
    return with_content(after, slot, Content("good", version, epoch))


def read(folder: Path) -> Record:
    """The record; a new one when there is none, or it is damaged: nothing in it is needed to start."""
    try:
        content = durable.read_small(folder / FILE)
        return Record() if content is None else msgspec.json.decode(content, type=Record)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Record()


def writing(folder: Path, record: Record) -> Iterator[str]:
    """Write it step by step. Raises OSError."""
    yield from durable.replacing(folder / FILE, msgspec.json.encode(record))


def write(folder: Path, record: Record) -> None:
    """Write it. Raises SlotError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _ in writing(folder, record):
            pass
    except OSError as error:
        raise SlotError(
            f"{folder / FILE} cannot be written: {error.strerror}", "is /data full? see: df -h /data"
        ) from error
