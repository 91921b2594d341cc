"""Programs of another architecture while packages are installed."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import struct
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.checkout import ROOT

PROGRAM = ROOT / "tools/lib/image/foreign"
AARCH64, X86_64 = 183, 62
EXECUTABLE, POSITION_INDEPENDENT, OBJECT = 2, 3, 1


@pytest.fixture
def foreign() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("foreign", str(PROGRAM))
    spec = importlib.util.spec_from_loader("foreign", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def head(kind: int, machine: int, abi: int = 0) -> bytes:
    """The beginning of an ELF file (elf(5))."""
    return b"\x7fELF\x02\x01\x01" + bytes([abi]) + bytes(8) + struct.pack("<HH", kind, machine)


def spelled(text: bytes) -> bytes:
    """What the kernel reads where `\\x` stands."""
    return text.decode("unicode_escape").encode("latin-1")


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (head(EXECUTABLE, AARCH64), True),
        (head(POSITION_INDEPENDENT, AARCH64), True),
        (head(EXECUTABLE, AARCH64, abi=3), True),
        (head(OBJECT, AARCH64), False),
        (head(EXECUTABLE, X86_64), False),
        (b"#!/bin/sh\n" + bytes(20), False),
    ],
)
def test_which_files_go_to_the_emulator(foreign: ModuleType, content: bytes, taken: bool) -> None:
    magic, mask = spelled(foreign.MAGIC["aarch64"]), spelled(foreign.MASK)
    assert len(magic) == len(mask) == len(content[:20])
    kept = bytes(each & bit for each, bit in zip(content, mask, strict=False))
    assert (kept == bytes(each & bit for each, bit in zip(magic, mask, strict=True))) is taken


def test_at_home_nothing_is_foreign() -> None:
    done = subprocess.run(
        (PROGRAM, os.uname().machine, "readlink", "/proc/self/ns/user"), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == str(Path("/proc/self/ns/user").readlink())
