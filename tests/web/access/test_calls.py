"""The filter of system calls, run by an interpreter of its few instructions."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access import calls
from appliance.web.access.calls import ALLOW, ANSWER, AT_LEAST, DENY, EQUAL, KILL, LOAD_WORD

MACHINES = sorted(calls.ARCHITECTURES)


def run(machine: str, number: int, first: int = 0, architecture: int | None = None) -> int:
    """What the kernel would answer."""
    code = calls.program(machine)
    assert code is not None
    seen = {0: number, 4: calls.ARCHITECTURES[machine] if architecture is None else architecture, 16: first}
    held, at = 0, 0
    while True:
        what, then, otherwise, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        match what:
            case _ if what == ANSWER:
                return int(value)
            case _ if what == LOAD_WORD:
                held = seen[value]
            case _ if what in {EQUAL, AT_LEAST}:
                at += then if (held == value if what == EQUAL else held >= value) else otherwise
            case _:
                raise AssertionError(what)


@pytest.mark.parametrize("machine", MACHINES)
def test_only_sockets_of_the_unix_kind(machine: str) -> None:
    for family in range(50):
        assert run(machine, calls.SOCKET[machine], family) == (ALLOW if family == calls.AF_UNIX else DENY)


@pytest.mark.parametrize("machine", MACHINES)
@given(number=some.integers(0, calls.X32 - 1), first=some.integers(0, 2**32 - 1))
def test_what_is_named_is_denied_and_nothing_else(machine: str, number: int, first: int) -> None:
    forbidden = {*calls.FORBIDDEN[machine].values(), *calls.EVERYWHERE.values()}
    for each in (number, *forbidden):
        if each != calls.SOCKET[machine]:
            assert run(machine, each, first) == (DENY if each in forbidden else ALLOW)


@pytest.mark.parametrize("machine", MACHINES)
def test_other_tables_of_calls_are_the_end(machine: str) -> None:
    assert run(machine, 1, architecture=0x4000_0003) == KILL
    assert run(machine, calls.X32 + 1) == KILL


def test_machines_without_numbers_have_none() -> None:
    assert calls.program("riscv64") is None
