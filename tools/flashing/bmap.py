"""Block maps: the `.bmap` file of bmaptool, format 2.0, read and written. No I/O.

The file is XML: the image's size, the size of a block, and ranges of blocks (`first-last`, both included)
with the SHA-256 of each. It carries the SHA-256 of itself, counted with 64 zeros in that place. The format
has no schema; its description is the comment in each file and bmaptool's `BmapCreate.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from tools.flashing.errors import BadImage
from tools.flashing.extents import Extent

MAX_BYTES = 32 * 1024 * 1024
MAX_RANGES = 200_000
MAX_IMAGE_BYTES = 1 << 44
MAX_DEPTH = 3
MAX_TEXT = 128
BLOCK_BYTES = 4096
MAX_BLOCK_BYTES = 1024 * 1024
MIN_BLOCK_BYTES = 512
AGAIN = "fetch the .bmap again, or take it away: then the whole image is written"
SHA256 = re.compile(r"[0-9a-f]{64}")
NUMBER = re.compile(r"[0-9]{1,15}")
ONCE = ("ImageSize", "BlockSize", "BlocksCount", "MappedBlocksCount", "ChecksumType", "BmapFileChecksum")


@dataclass(frozen=True, slots=True)
class BlockMap:
    """What to write of an image of `image_bytes`: ascending extents on whole blocks, each with its SHA-256.

    The last one ends with the image, though that need not be the end of a block.
    """

    image_bytes: int
    block_bytes: int
    extents: tuple[Extent, ...]


@dataclass(slots=True)
class _Reader:
    """Collects the few elements that the format has; everything else in the file is refused."""

    values: dict[str, str] = field(default_factory=dict)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    version: str = ""
    text: str = ""
    checksum: str = ""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if len(self.path) > MAX_DEPTH:
            raise _damaged("elements lie in each other too deep")
        match self.path:
            case ["bmap"]:
                self.version = attributes.get("version", "")
            case ["bmap", "BlockMap", "Range"]:
                self.checksum = attributes.get("chksum", "")
            case ["bmap", _] if name in self.values:
                raise _damaged(f"{name} is said twice")
            case ["bmap", _]:
                pass
            case _:
                raise _damaged(f"<{name[:40]}> does not belong there")
        self.text = ""

    def data(self, text: str) -> None:
        self.text += text
        if len(self.text) > MAX_TEXT:
            if self.text.strip():
                raise _damaged("a text is too long")
            self.text = ""

    def end(self, name: str) -> None:
        if name == "Range":
            self.ranges.append((self.text.strip(), self.checksum))
            if len(self.ranges) > MAX_RANGES:
                raise _damaged(f"more than {MAX_RANGES} ranges")
        elif name in ONCE:
            self.values[name] = self.text.strip()
        self.path.pop()
        self.text = ""


def parse(content: bytes) -> BlockMap:
    """The map in a `.bmap` file. Raises BadImage; entities and document types are never followed."""
    if len(content) > MAX_BYTES:
        raise _damaged(f"it is larger than {MAX_BYTES} bytes")
    reader = _read(content)
    if not reader.version.startswith("2."):
        raise BadImage(f"the block map is of version {reader.version[:10]!r}; only 2.x is understood", AGAIN)
    _check_own_sum(content, reader)
    return _judge(reader)


def _read(content: bytes) -> _Reader:
    reader = _Reader()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _no_document_type
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise _damaged(str(error)) from error
    return reader


def _no_document_type(*_: object) -> None:
    raise _damaged("it declares a document type, which block maps have not")


def _damaged(why: str) -> BadImage:
    return BadImage(f"the block map is not usable: {why}", AGAIN)


def _check_own_sum(content: bytes, reader: _Reader) -> None:
    said = reader.values.get("BmapFileChecksum", "")
    if reader.values.get("ChecksumType") != "sha256" or not SHA256.fullmatch(said):
        raise _damaged("it carries no SHA-256 of itself")
    if hashlib.sha256(content.replace(said.encode(), b"0" * 64, 1)).hexdigest() != said:
        raise _damaged("its checksum is wrong: it was changed or damaged")


def _number(reader: _Reader, name: str) -> int:
    text = reader.values.get(name, "")
    if not NUMBER.fullmatch(text):
        raise _damaged(f"{name} is not a number")
    return int(text)


def _judge(reader: _Reader) -> BlockMap:
    size, block = _number(reader, "ImageSize"), _number(reader, "BlockSize")
    if not MIN_BLOCK_BYTES <= block <= MAX_BLOCK_BYTES or block & (block - 1):
        raise _damaged(f"a block of {block} bytes")
    if not 0 < size <= MAX_IMAGE_BYTES:
        raise _damaged(f"an image of {size} bytes")
    blocks = -(-size // block)
    if _number(reader, "BlocksCount") != blocks:
        raise _damaged("the numbers of bytes and of blocks do not fit")
    extents = tuple(_extents(reader.ranges, block, blocks, size))
    if _number(reader, "MappedBlocksCount") != sum(-(-extent.length // block) for extent in extents):
        raise _damaged("the number of mapped blocks is wrong")
    return BlockMap(size, block, extents)


def _extents(ranges: Sequence[tuple[str, str]], block: int, blocks: int, size: int) -> list[Extent]:
    found: list[Extent] = []
    behind = 0
    for text, checksum in ranges:
        first, last = _first_and_last(text)
        if not behind <= first <= last < blocks:
            raise _damaged(f"the range {text} is out of order or out of the image")
        if not SHA256.fullmatch(checksum):
            raise _damaged(f"the range {text} has no SHA-256")
        behind = last + 1
        found.append(Extent(first * block, min(behind * block, size) - first * block, checksum))
    return found


def _first_and_last(text: str) -> tuple[int, int]:
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not NUMBER.fullmatch(first) or (dash and not NUMBER.fullmatch(last)):
        raise _damaged(f"{text[:40]!r} is not a range of blocks")
    return int(first), int(last if dash else first)


TEMPLATE = """<?xml version="1.0" ?>
<!-- The blocks of an image that must be written; what lies between holds zeros only.
     Format: bmaptool, https://github.com/yoctoproject/bmaptool -->

<bmap version="2.0">
    <ImageSize> {size} </ImageSize>
    <BlockSize> {block} </BlockSize>
    <BlocksCount> {blocks} </BlocksCount>
    <MappedBlocksCount> {mapped} </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> {checksum} </BmapFileChecksum>
    <BlockMap>
{ranges}    </BlockMap>
</bmap>
"""


def render(block_map: BlockMap) -> bytes:
    """The `.bmap` file of a map whose extents all have their SHA-256. The same map gives the same bytes."""
    block = block_map.block_bytes
    text = TEMPLATE.format(
        size=block_map.image_bytes,
        block=block,
        blocks=-(-block_map.image_bytes // block),
        mapped=sum(-(-extent.length // block) for extent in block_map.extents),
        checksum="0" * 64,
        ranges="".join(_range(extent, block) for extent in block_map.extents),
    )
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return text.replace("0" * 64, checksum, 1).encode()


def _range(extent: Extent, block: int) -> str:
    first, last = extent.start // block, (extent.end - 1) // block
    blocks = f"{first}-{last}" if last > first else f"{first}"
    return f'        <Range chksum="{extent.sha256}"> {blocks} </Range>\n'
