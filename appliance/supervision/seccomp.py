"""The system calls of a stage, as a BPF program.

An allow-list, not a deny-list: what is not named here does not exist inside. A deny-list has to know every
call that the next kernel brings (io_uring came so); an allow-list only has to know what Python, numpy, ONNX
Runtime, Kaldi, llama.cpp, eSpeak and ALSA use, which hardly changes. A call that is not named fails with
ENOSYS, on which the C library falls back to an older call; a named danger fails with EPERM. Calls of another
instruction set (32 bit, x32) kill the process, for their numbers mean other calls.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from appliance.errors import SandboxError
from appliance.supervision.syscalls import ALLOWED, DENIED, OWNERSHIP, SIGNALS, SOUND

AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPE_MASK = 1, 1, 5, 0xF
UINT32 = 0xFFFF_FFFF

NEW_NAMESPACES = 0x7E02_0080
"""CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""

TERMINAL_IOCTLS = (
    0x5401,  # TCGETS, which isatty() asks
    0x5413,  # TIOCGWINSZ
    0x540F,  # TIOCGPGRP
    0x541B,  # FIONREAD
    0x5421,  # FIONBIO
    0x5450,  # FIONCLEX
    0x5451,  # FIOCLEX
)
"""Not among them: TIOCSTI, which types into the terminal that started us."""

ALSA_IOCTL_GROUPS = (0x4100, 0x4800, 0x5500)
"""'A' PCM, 'H' hardware dependent, 'U' control; the whole group."""
ALSA_TIMER_READ, ALSA_TIMER_WRITE, ALSA_TIMER_BOTH = 0x8000_5400, 0x4000_5400, 0xC000_5400
"""'T' with a direction; without one it is the terminals' group."""
ALSA_TIMER_PLAIN = (0x54A0, 0x54A1, 0x54A2, 0x54A3)


def program(*, own_namespaces: bool = True, sound: bool = False) -> bytes:
    """The BPF program: an array of 8-byte instructions.

    `own_namespaces` is false behind Landlock, where signals and ownership of files are not confined by other
    means. Raises SandboxError when the C library libseccomp is missing.
    """
    seccomp = _library()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    _optimise(seccomp, rules)
    allowed = [*ALLOWED, *(SIGNALS + OWNERSHIP if own_namespaces else ()), *(SOUND if sound else ())]
    for name in allowed:
        _add(seccomp, rules, seccomp.ALLOW, name)
    for name in [*DENIED, *(() if own_namespaces else SIGNALS + OWNERSHIP)]:
        _add(seccomp, rules, seccomp.ERRNO(errno.EPERM), name)
    _add_conditional(seccomp, rules)
    _add_ioctls(seccomp, rules, sound)
    return _export(rules)


def _library() -> Any:
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise SandboxError(
            f"system calls cannot be filtered: {error}", "sudo apt install libseccomp2, then start again"
        ) from error
    return pyseccomp


def _optimise(seccomp: Any, rules: Any) -> None:
    """A binary tree instead of a list of 250 comparisons, where libseccomp (≥ 2.5) can."""
    try:
        rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)
    except OSError:
        return


def _add(seccomp: Any, rules: Any, action: int, name: str, *conditions: Any) -> None:
    """One rule; a call that this machine or this libseccomp does not know needs none."""
    try:
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
    except (OSError, ValueError):
        return
    if number >= 0:
        rules.add_rule(action, number, *conditions)


def _add_conditional(seccomp: Any, rules: Any) -> None:
    masked, equal = seccomp.MASKED_EQ, seccomp.EQ
    # Threads and processes, but no new namespace. clone3 hides its flags in memory: ENOSYS makes glibc
    # use clone.
    _add(seccomp, rules, seccomp.ALLOW, "clone", seccomp.Arg(0, masked, NEW_NAMESPACES, 0))
    # Pairs of connected streams only: a datagram pair could be pointed at someone else's socket.
    for kind in (SOCK_STREAM, SOCK_SEQPACKET):
        _add(
            seccomp, rules, seccomp.ALLOW, "socketpair",
            seccomp.Arg(0, masked, UINT32, AF_UNIX), seccomp.Arg(1, masked, SOCK_TYPE_MASK, kind),
        )  # fmt: skip
    _add(seccomp, rules, seccomp.ALLOW, "sendto", seccomp.Arg(4, equal, 0))
    _add(seccomp, rules, seccomp.ALLOW, "prlimit64", seccomp.Arg(0, masked, UINT32, 0))


def _add_ioctls(seccomp: Any, rules: Any, sound: bool) -> None:
    masks = [(UINT32, request) for request in TERMINAL_IOCTLS]
    if sound:
        masks += [(UINT32, request) for request in ALSA_TIMER_PLAIN]
        masks += [(0x0000_FF00, group) for group in ALSA_IOCTL_GROUPS]
        directions = (ALSA_TIMER_READ, ALSA_TIMER_WRITE, ALSA_TIMER_BOTH)
        masks += [(0xC000_FF00, direction) for direction in directions]
    for mask, wanted in masks:
        _add(seccomp, rules, seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, mask, wanted))


def _export(rules: Any) -> bytes:
    with open(os.memfd_create("seccomp"), "w+b", buffering=0) as file:  # noqa: PTH123 a descriptor
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def descriptor(code: bytes) -> int:
    """A new descriptor from which `code` can be read once; the caller closes it."""
    number = os.memfd_create("seccomp", os.MFD_CLOEXEC)
    os.write(number, code)
    os.lseek(number, 0, os.SEEK_SET)
    return number
