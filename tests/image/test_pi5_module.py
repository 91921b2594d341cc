"""The kernel's module that hands the order to try another slot to the firmware of a Raspberry Pi."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating.boards import TRYBOOT
from tests.checkout import ROOT
from tests.image.test_pi5_guest import bash

SOURCES = ROOT / "image/kernel"
BOARD = ROOT / "image/boards/pi5"
NO_TRY = -1
MAX_COMMAND = 255
MAX_PARTITION = 62
HARNESS = r"""
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "order.h"

/* Commands as the kernel keeps them, 256 bytes each; behind them is memory that nobody may read. */
int main(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *two = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (two == MAP_FAILED || mprotect(two + page, page, PROT_NONE))
		return 1;
	while (fread(two + page - 256, 256, 1, stdin) == 1)
		printf("%d\n", tried_partition(two + page - 256));
	printf("%d\n", tried_partition(0));
	return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module's reader of commands, as a program of this machine."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler: apt-get install gcc")
    folder = tmp_path_factory.mktemp("module")
    (folder / "harness.c").write_text(HARNESS, "ascii")
    warnings = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover")
    built = folder / "harness"
    subprocess.run(
        (compiler, *warnings, "-I", SOURCES, "-o", built, folder / "harness.c"),
        check=True,
        capture_output=True,
    )
    return built


def read(program: Path, commands: list[bytes]) -> list[int]:
    """The partition that each orders to try; the last one is that of no command at all."""
    kept = b"".join(command[:MAX_COMMAND].ljust(MAX_COMMAND + 1, b"\0") for command in commands)
    done = subprocess.run((program,), input=kept, capture_output=True, check=True)
    return [int(line) for line in done.stdout.split()]


def expected(command: bytes) -> int:
    """By the words of the command, up to its first zero."""
    first, *others = command[:MAX_COMMAND].split(b"\0", 1)[0].split(b" ")
    ordered = first.isdigit() and int(first) <= MAX_PARTITION and b"tryboot" in others
    return int(first) if ordered else NO_TRY


@pytest.mark.parametrize(
    ("command", "partition"),
    [
        (TRYBOOT.encode(), 0),
        (b"0 tryboot", 0),
        (b"3 tryboot", 3),
        (b"62 tryboot", 62),
        (b"0  quiet tryboot now", 0),
        (b"", NO_TRY),
        (b"0", NO_TRY),
        (b"tryboot", NO_TRY),
        (b" 0 tryboot", NO_TRY),
        (b"0tryboot", NO_TRY),
        (b"0x tryboot", NO_TRY),
        (b"0 tryboots", NO_TRY),
        (b"0 retryboot", NO_TRY),
        (b"0 tryboo", NO_TRY),
        (b"0\ttryboot", NO_TRY),
        (b"0 Tryboot", NO_TRY),
        (b"63 tryboot", NO_TRY),
        (b"-1 tryboot", NO_TRY),
        (b"4294967296 tryboot", NO_TRY),
        (b"0 " + b" " * 246 + b"tryboot", 0),
        (b"0 " + b" " * 247 + b"tryboot", NO_TRY),
        (b"9" * 400, NO_TRY),
        (b" " * 400, NO_TRY),
    ],
)
def test_which_commands_order_a_try(program: Path, command: bytes, partition: int) -> None:
    assert expected(command) == partition
    assert read(program, [command]) == [partition, NO_TRY]


words = st.sampled_from(
    [b"0", b"3", b"62", b"63", b"00", b"tryboot", b"tryboo", b"trybootx", b"", b"\0", b"x"]
)
commands = st.one_of(
    st.binary(max_size=300),
    st.lists(words, max_size=90).map(b" ".join),
    st.binary(max_size=270).map(lambda noise: b"0 " + noise + b" tryboot"),
)


@given(st.lists(commands, min_size=1, max_size=50))
def test_nothing_else_orders_one(program: Path, given: list[bytes]) -> None:
    assert read(program, given) == [*(expected(command) for command in given), NO_TRY]


def test_what_the_image_loads_is_what_is_compiled() -> None:
    loaded = (BOARD / "tree/usr/lib/modules-load.d/appliance-tryboot.conf").read_text("utf-8").splitlines()
    names = [line for line in loaded if line and not line.startswith("#")]
    assert names == ["appliance-tryboot"]
    assert f"obj-m := {names[0]}.o" in (SOURCES / "Makefile").read_text("utf-8")
    assert (SOURCES / f"{names[0]}.c").is_file()


def test_restarts_are_warm_ones() -> None:
    """The firmware's other kind of restart is not what Raspberry Pi's own kernel uses for tries."""
    assert "reboot=w" in bash("command_line pi5").split()
    assert "reboot=w" not in bash("command_line n100").split()


def test_it_is_compiled_for_the_kernel_of_the_lock() -> None:
    lock = ROOT / "image/packages.pi5.lock"
    release, version = bash(f"image_kernel pi5 {lock} /nowhere").split()
    lines = lock.read_text("utf-8").splitlines()
    assert f"linux-image-{release}={version}" in lines
    assert f"linux-modules-{release}={version}" in lines
    assert release.endswith("-arm64")


def test_only_this_board_has_it() -> None:
    assert bash("has_module pi5 && echo yes") == "yes"
    assert bash("has_module n100 || echo no") == "no"


@pytest.mark.parametrize("name", ["appliance-tryboot.c", "order.h", "Makefile", "build"])
def test_it_is_compiled_anew_when_its_inputs_change(tmp_path: Path, name: str) -> None:
    shutil.copytree(ROOT / "image", tmp_path / "image")
    key = f"ROOT={tmp_path}; module_key pi5 '7.3 1'"
    first = bash(key)
    assert first == bash("module_key pi5 '7.3 1'")
    assert first != bash("module_key pi5 '7.4 1'")
    with (tmp_path / "image/kernel" / name).open("a", encoding="ascii") as file:
        file.write("\n")
    assert first != bash(key)
