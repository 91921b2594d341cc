"""The firmware's boot order: a made-up firmware's variables, byte for byte."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import bootorder, efivars
from appliance.updating.boards import ENTRIES
from appliance.updating.bootorder import GLOBAL, Option, parse, plan
from tests.updating.machines import Machine

DISC = bytes.fromhex("02010c00d041030a0000000001010600 0002030108000100 00007fff0400".replace(" ", ""))
NETWORK = bytes.fromhex("03 0b 25 00 52 54 00 12 34 56 7f ff 04 00".replace(" ", ""))


def option(path: bytes, name: str = "UEFI Misc Device", attributes: int = 1, extra: bytes = b"") -> bytes:
    return struct.pack("<IH", attributes, len(path)) + (name + "\0").encode("utf-16-le") + path + extra


class Board:
    """Variables as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, value: bytes) -> None:
        efivars.write_bytes(self.folder, name, GLOBAL, value)

    def order(self, *numbers: int) -> None:
        self.put("BootOrder", struct.pack(f"<{len(numbers)}H", *numbers))

    @property
    def numbers(self) -> list[int]:
        value = efivars.read_bytes(self.folder, "BootOrder", GLOBAL)
        return list(struct.unpack(f"<{len(value) // 2}H", value))

    def option(self, number: int) -> Option:
        return parse(efivars.read_bytes(self.folder, f"Boot{number:04X}", GLOBAL))


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(tmp_path)
    made.put("Boot0000", option(b"menu-of-the-firmware", attributes=0x109))
    made.put("Boot0001", option(DISC, extra=bytes(16)))
    made.put("Boot0002", option(NETWORK))
    made.put("BootCurrent", struct.pack("<H", 1))
    made.order(0, 1, 2)
    return made


def test_the_same_loader_comes_again_before_anything_else(board: Board) -> None:
    assert list(bootorder.ensure(board.folder)) == ["set Boot0003", "set BootOrder"]
    assert board.numbers == [0, 1, 3, 2]
    assert board.option(3) == parse(option(DISC, bootorder.DESCRIPTION))
    assert board.option(3).active


def test_once_is_enough(board: Board) -> None:
    list(bootorder.ensure(board.folder))
    assert list(bootorder.ensure(board.folder)) == []
    board.put("BootCurrent", struct.pack("<H", 3))
    assert list(bootorder.ensure(board.folder)) == [], "also when it was the second one that started"


def test_a_power_cut_between_the_two_leaves_nothing_behind_for_ever(board: Board) -> None:
    steps = bootorder.ensure(board.folder)
    next(steps)
    next(steps)  # the option is written, the order is not
    assert board.numbers == [0, 1, 2]
    assert list(bootorder.ensure(board.folder)) == ["set Boot0003", "set BootOrder"]
    assert not (board.folder / f"Boot0004-{GLOBAL}").exists()


def test_an_entry_that_is_switched_off_does_not_count(board: Board) -> None:
    board.put("Boot0007", option(DISC, attributes=0))
    board.order(1, 7)
    list(bootorder.ensure(board.folder))
    assert board.numbers == [1, 3, 7]


@pytest.mark.parametrize("name", ["BootCurrent", "BootOrder", "Boot0001"])
def test_a_firmware_that_tells_nothing_is_left_alone(name: str, board: Board) -> None:
    (board.folder / f"{name}-{GLOBAL}").unlink()
    assert list(bootorder.ensure(board.folder)) == []
    for odd in (b"", b"\x01", b"\xff" * 40):
        board.put(name, odd)
        assert list(bootorder.ensure(board.folder)) == []


def test_it_is_made_before_the_first_try(n100: Machine) -> None:
    folder = n100.root / efivars.FOLDER
    board = Board(folder)
    board.put("Boot0001", option(DISC))
    board.put("BootCurrent", struct.pack("<H", 1))
    board.order(1)
    (n100.root / "efi/EFI/Linux" / ENTRIES["B"]).write_bytes(b"kernel")
    assert list(n100.firmware.try_once("B")) == ["set Boot0000", "set BootOrder", "set LoaderEntryOneShot"]
    assert board.numbers == [1, 0]


def test_a_firmware_that_refuses_takes_the_update_all_the_same(
    n100: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    folder = n100.root / efivars.FOLDER
    board = Board(folder)
    board.put("Boot0001", option(DISC))
    board.put("BootCurrent", struct.pack("<H", 1))
    board.order(1)
    (folder / f"Boot0000-{GLOBAL}").mkdir()
    (n100.root / "efi/EFI/Linux" / ENTRIES["B"]).write_bytes(b"kernel")
    list(n100.firmware.try_once("B"))
    assert n100.firmware.pending() == "B"
    assert "boot order stays" in caplog.text


@given(st.binary(max_size=80))
def test_any_bytes_are_an_option_or_none(value: bytes) -> None:
    found = parse(value)
    assert found.value == value
    assert not found.path or found.path in value


@given(
    st.dictionaries(st.integers(0, 40), st.sampled_from([DISC, NETWORK, b"other"]), min_size=1, max_size=9),
    st.data(),
)
def test_nothing_of_the_order_is_lost(paths: dict[int, bytes], data: st.DataObject) -> None:
    order = tuple(data.draw(st.permutations(sorted(paths))))
    current = data.draw(st.sampled_from(order))
    options = {number: parse(option(path)) for number, path in paths.items()}
    made = plan(current, order, options)
    twice = sum(path == paths[current] for path in paths.values()) >= 2
    assert (made is None) == twice
    if made is not None:
        assert made.number not in paths
        assert tuple(number for number in made.order if number != made.number) == order
        assert made.order[made.order.index(current) + 1] == made.number
        assert plan(current, made.order, {**options, made.number: parse(made.option)}) is None
