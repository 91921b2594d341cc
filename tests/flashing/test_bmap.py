"""Block maps, written and read; what is hostile or damaged is refused in a sentence."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.flashing import bmap
from tools.flashing.errors import BadImage
from tools.flashing.extents import Extent

SUM = "ab" * 32
# As bmaptool 3.9 writes it: other comments, an own order of spaces, a single block.
FOREIGN = """<?xml version="1.0" ?>
<!-- This file contains the block map for an image file -->

<bmap version="2.0">
    <!-- Image size in bytes: 40.0 KiB -->
    <ImageSize> 40960 </ImageSize>

    <!-- Size of a block in bytes -->
    <BlockSize> 4096 </BlockSize>

    <!-- Count of blocks in the image file -->
    <BlocksCount> 10 </BlocksCount>

    <!-- Count of mapped blocks: 12.0 KiB or 30.0%   -->
    <MappedBlocksCount> 3  </MappedBlocksCount>

    <!-- Type of checksum used in this file -->
    <ChecksumType> sha256 </ChecksumType>

    <!-- The checksum of this bmap file. When it is calculated, the value of
         the checksum has to be zero (all ASCII "0" symbols).  -->
    <BmapFileChecksum> {} </BmapFileChecksum>

    <!-- The block map which consists of elements which may either be a
         range of blocks or a single block. The 'chksum' attribute
         (if present) is the checksum of this blocks range. -->
    <BlockMap>
        <Range chksum="{}"> 0-1 </Range>
        <Range chksum="{}"> 9 </Range>
    </BlockMap>
</bmap>
"""


def signed(text: str) -> bytes:
    """With the right checksum of itself at `{}`."""
    zeros = text.replace("{}", "0" * 64, 1)
    return text.replace("{}", hashlib.sha256(zeros.encode()).hexdigest(), 1).encode()


def foreign() -> str:
    before, first, second, after = FOREIGN.split("{}")
    return f"{before}{{}}{first}{SUM}{second}{SUM}{after}"


def test_a_map_of_bmaptool_is_read() -> None:
    found = bmap.parse(signed(foreign()))
    assert found == bmap.BlockMap(40_960, 4096, (Extent(0, 8192, SUM), Extent(36_864, 4096, SUM)))


@st.composite
def maps(draw: st.DrawFn) -> bmap.BlockMap:
    size = draw(st.integers(1, 10_000_000))
    blocks = -(-size // 4096)
    cuts = sorted(draw(st.sets(st.integers(0, blocks), max_size=20)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    extents = tuple(Extent(a * 4096, min(b * 4096, size) - a * 4096, SUM) for a, b in pairs)
    return bmap.BlockMap(size, 4096, extents)


@given(maps())
def test_what_is_written_is_read_again(block_map: bmap.BlockMap) -> None:
    assert bmap.parse(bmap.render(block_map)) == block_map
    assert bmap.render(block_map) == bmap.render(block_map)


@given(maps(), st.data())
def test_a_changed_byte_is_noticed(block_map: bmap.BlockMap, data: st.DataObject) -> None:
    content = bytearray(bmap.render(block_map))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadImage):
        bmap.parse(bytes(content))


@given(st.binary(max_size=2000) | st.text(max_size=2000).map(str.encode))
def test_anything_else_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(BadImage):
        bmap.parse(content)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE bmap [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><bmap version='2.0'><ImageSize>&j;</ImageSize></bmap>"
)
OUTSIDE = (
    '<!DOCTYPE bmap [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<bmap version="2.0"><ImageSize>&x;</ImageSize></bmap>'
)


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, '<!DOCTYPE bmap SYSTEM "http://localhost/x"><bmap/>'])
def test_entities_and_document_types_are_not_followed(text: str) -> None:
    with pytest.raises(BadImage, match="document type"):
        bmap.parse(text.encode())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version="2.0"', 'version="3.0"', "version"),
        ('version="2.0"', "", "version"),
        (" 40960 ", " -1 ", "not a number"),
        (" 40960 ", f" {10**30} ", "not a number"),
        (" 40960 ", f" {1 << 46} ", "an image of"),
        (" 40960 ", " 1_0 ", "not a number"),
        (" 40960 ", " 4096 ", "do not fit"),
        (" 4096 ", " 0 ", "a block of"),
        (" 4096 ", " 3000 ", "a block of"),
        (" 4096 ", " 1073741824 ", "a block of"),
        (" 10 ", " 11 ", "do not fit"),
        (" 3 ", " 4 ", "mapped blocks is wrong"),
        (" 0-1 ", " 0-9 ", "out of order"),
        (" 0-1 ", " 1-0 ", "out of order"),
        (" 9 ", " 10 ", "out of order"),
        (" 9 ", " 1 ", "out of order"),
        (" 0-1 ", " 0- ", "not a range"),
        (" 0-1 ", " 0-1-2 ", "not a range"),
        (" 0-1 ", " -1 ", "not a range"),
        (f'<Range chksum="{SUM}"> 9', "<Range> 9", "has no SHA-256"),
        (f'chksum="{SUM}"> 9', 'chksum="../x"> 9', "has no SHA-256"),
        ("sha256", "md5", "no SHA-256 of itself"),
        ("<BlockMap>", "<BlockMap><Other/>", "does not belong there"),
        ("<BlockMap>", "<BlockMap><Range><Range/></Range>", "too deep"),
        ("<BlockMap>", "<ImageSize> 1 </ImageSize><BlockMap>", "said twice"),
        (" 40960 ", f" {'4' * 200} ", "too long"),
        ("</bmap>", "", "not usable"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_it_is_said(old: str, new: str, said: str) -> None:
    text = foreign()
    assert old in text
    with pytest.raises(BadImage, match=re.escape(said)) as caught:
        bmap.parse(signed(text.replace(old, new, 1)))
    assert "take it away" in caught.value.hint


def test_size_and_ranges_are_bounded() -> None:
    with pytest.raises(BadImage, match="larger"):
        bmap.parse(b" " * (bmap.MAX_BYTES + 1))
    with pytest.raises(BadImage, match="ranges"):
        bmap.parse(b'<bmap version="2.0"><BlockMap>' + b"<Range/>" * (bmap.MAX_RANGES + 1))
