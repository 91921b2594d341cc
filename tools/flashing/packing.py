"""Makes what people download from a built image: IMAGE.img.zst, IMAGE.img.bmap, their lines in SHA256SUMS.

Compression is left to the program `zstd`, which writes the image's size into its header when it reads a file;
Raspberry Pi Imager and our own reader need it there. Its output depends on its version and level, not on the
number of its threads.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.flashing import bmap, image, mapping
from tools.flashing.errors import FlashError
from tools.flashing.extents import total
from tools.flashing.progress import Advance, say, size, step

LEVEL = 19
MAX_LEVEL = 19
"""Above, `--ultra` would need more memory to unpack than other flashing programs give."""


def make(path: Path, level: int = LEVEL) -> list[Path]:
    """The files made from an uncompressed image, beside it. Raises FlashError."""
    if path.suffix != ".img" or not path.is_file():
        raise FlashError(f"{path} is not an uncompressed image", "give a file that ends in .img")
    made = [write_map(path), compress(path, level)]
    add_sums(path.with_name("SHA256SUMS"), made)
    return made


def write_map(path: Path) -> Path:
    """IMAGE.img.bmap."""
    length = path.stat().st_size
    with step("Map", length) as advance:
        block_map = mapping.of_file(path, advance)
    say(f"  {size(total(block_map.extents))} of {size(length)} in {len(block_map.extents)} ranges")
    target = path.with_name(f"{path.name}.bmap")
    replace(target, bmap.render(block_map))
    return target


def compress(path: Path, level: int = LEVEL) -> Path:
    """IMAGE.img.zst."""
    program = shutil.which("zstd")
    if program is None:
        raise FlashError("the program zstd is not installed", "sudo apt-get install zstd")
    target = path.with_name(f"{path.name}.zst")
    unfinished = target.with_name(f".{target.name}.new")
    with step("Compress", path.stat().st_size) as advance:
        _compress([program, "-q", "-f", f"-{level}", "-T0", str(path), "-o", str(unfinished)], path, advance)
    unfinished.replace(target)
    say(f"  {target.name}: {size(target.stat().st_size)}")
    return target


def _compress(command: list[str], path: Path, advance: Advance) -> None:
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        done = 0
        while process.poll() is None:
            read = _position(process.pid, path)
            advance(max(0, read - done))
            done = max(done, read)
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        assert process.stderr is not None
        if process.returncode:
            said = process.stderr.read(400).decode(errors="replace").strip()
            raise FlashError(f"{path} cannot be compressed: {said}", "is there room? df -h .")


def _position(pid: int, path: Path) -> int:
    """How far a process has read a file; 0 when it has it not open."""
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if descriptor.samefile(path):
                info = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text(encoding="ascii")
                return int(info.split("\n", 1)[0].removeprefix("pos:"))
    except OSError:
        return 0
    return 0


def add_sums(sums: Path, files: Iterable[Path]) -> None:
    """Put the files' SHA-256 into a list in the format of sha256sum, in place of lines of the same names."""
    new = {}
    for path in files:
        with (
            path.open("rb", buffering=0) as file,
            step(f"Checksum of {path.name}", path.stat().st_size) as advance,
        ):
            new[path.name] = image.sha256(file, advance)
    old = image.read_bounded(sums, image.MAX_SUMS_BYTES).decode(errors="replace") if sums.is_file() else ""
    kept = [line for line in old.splitlines() if line.partition("  ")[2] not in new]
    lines = [*kept, *(f"{checksum}  {name}" for name, checksum in new.items())]
    replace(sums, "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line[66:])).encode())


def replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was before."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
