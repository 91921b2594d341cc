"""From an image and a device to a card that starts: check, ask, write, read back, put settings on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from tools.flashing import blocks, device, fat, image, partitions, refusal, writing
from tools.flashing.bmap import BlockMap
from tools.flashing.errors import BadImage, FlashError, Refused
from tools.flashing.extents import Extent, total, whole
from tools.flashing.progress import say, size, step
from tools.flashing.settings import Files


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done. `sha256` is of the image's file; None looks for it beside the image."""

    image: Path
    device: Path
    sha256: str | None = None
    without_checksum: bool = False
    without_map: bool = False
    yes: bool = False
    files: Files = field(default_factory=dict)


def carry_out(order: Order) -> None:
    """Flash. Raises FlashError; until the question is answered nothing on the device has changed."""
    if order.files:
        fat.require()
    with image.opened(order.image) as opened:
        target = blocks.named(order.device)
        refusal.check(target, opened.size)
        block_map = None if order.without_map else _map_of(opened)
        with device.opened(target.path) as disk:
            _check_sum(opened, order)
            if not order.yes:
                confirm(target)
            _flash(disk, opened, block_map)
            if order.files:
                _put_settings(disk, order.files)
            shown = disk.reread_partitions()
    say(
        f"✓ {target.path} is ready"
        + ("; it can be pulled out" if shown else "; to look into it, pull it out and put it in again")
    )


def _map_of(opened: image.Image) -> BlockMap | None:
    path = image.map_beside(opened.path)
    return image.read_map(path, opened) if path else None


def _check_sum(opened: image.Image, order: Order) -> None:
    expected = order.sha256 or image.expected_sum(opened.path)
    if expected is None:
        if order.without_checksum:
            return
        raise BadImage(
            f"there is no checksum for {opened.path.name}",
            "put SHA256SUMS beside it, or give --sha256; --without-checksum goes on without one",
        )
    with step("Check the image", opened.file_bytes) as advance:
        found = image.sha256(opened.file, advance)
    if found != expected.lower():
        raise BadImage(f"{opened.path} is damaged: its SHA-256 is not {expected}", image.BROKEN)


def confirm(target: blocks.Device) -> None:
    """Have the device's name typed. Raises Refused for anything else."""
    said = f"{target.label or 'unnamed'}, {size(target.size)}"
    if not sys.stdin.isatty():
        raise Refused(f"{target.path} ({said}) would be erased, and nobody is here to ask", "add --yes")
    say(f"Everything on {target.path} ({said}) will be erased.")
    if not target.removable:
        say("It is not a card or USB disk: look twice.")
    say(f"Type {target.name} to go on:")
    typed = sys.stdin.readline(100).strip()
    if typed not in {target.name, str(target.path)}:
        raise Refused("that is another name; nothing was written", "start again")


def _flash(disk: device.Disk, opened: image.Image, block_map: BlockMap | None) -> None:
    fits = block_map is not None and block_map.block_bytes % disk.sector_bytes == 0
    extents = list(block_map.extents) if block_map and fits else whole(opened.size)
    if block_map and fits:
        say(f"  by its block map: {size(total(extents))} of {size(opened.size)}")
    else:
        say("  without a block map: all of it")
    written = _write(disk, opened, extents)
    with step("Read back", opened.size) as advance:
        writing.verify(disk, written, opened.size, advance)


def _write(disk: device.Disk, opened: image.Image, extents: list[Extent]) -> list[Extent]:
    with step("Write", opened.size) as advance, opened.stream() as stream:
        return writing.write(disk, stream, extents, opened.size, advance)


def _put_settings(disk: device.Disk, files: Files) -> None:
    scratch = device.buffer()

    def read(offset: int, length: int) -> bytes:
        # O_DIRECT reads whole blocks at whole blocks.
        start = offset - offset % device.ALIGNMENT
        end = min(disk.size, -(-(offset + length) // device.ALIGNMENT) * device.ALIGNMENT)
        if not start < end <= start + len(scratch):
            return b""
        disk.read(scratch[: end - start], start)
        return bytes(scratch[offset - start : offset - start + length])

    offset = partitions.setup_partition(read)
    fat.put(disk.path, offset, files)
    disk.flush()
    fat.check(disk.path, offset, files)
    say(f"✓ Settings: {', '.join(files)}")


def list_devices() -> int:
    """Print what can be flashed; the number of devices."""
    found = blocks.removable()
    for each in found:
        try:
            refusal.check(each, 1)
            remark = ""
        except FlashError as error:
            remark = f"   ({error.message})"
        print(f"{each.path!s:14} {size(each.size):>9}  {each.label or 'unnamed'}{remark}")
    return len(found)
