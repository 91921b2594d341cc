"""System calls that the web process gives up, as a BPF program. Pure.

A list of what is forbidden, not of what is allowed (as for stages): besides this the process runs inside the
service's own filter. Numbers: asm/unistd_64.h, asm-generic/unistd.h; instructions: linux/bpf_common.h.
"""

from __future__ import annotations

import errno
import struct

AF_UNIX = 1
LOAD_WORD, EQUAL, AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
DENY = 0x0005_0000 | errno.EPERM
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
"""In struct seccomp_data."""
X32 = 0x4000_0000
"""Calls of x86-64's other table."""

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
SOCKET = {"x86_64": 41, "aarch64": 198}
FORBIDDEN: dict[str, dict[str, int]] = {
    "x86_64": {
        "execve": 59,
        "execveat": 322,
        "ptrace": 101,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "chroot": 161,
        "unshare": 272,
        "setns": 308,
        "bpf": 321,
        "perf_event_open": 298,
        "userfaultfd": 323,
        "keyctl": 250,
        "add_key": 248,
        "request_key": 249,
        "init_module": 175,
        "finit_module": 313,
        "kexec_load": 246,
        "reboot": 169,
        "mknod": 133,
        "mknodat": 259,
        "bind": 49,
        "listen": 50,
    },
    "aarch64": {
        "execve": 221,
        "execveat": 281,
        "ptrace": 117,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "mount": 40,
        "umount2": 39,
        "pivot_root": 41,
        "chroot": 51,
        "unshare": 97,
        "setns": 268,
        "bpf": 280,
        "perf_event_open": 241,
        "userfaultfd": 282,
        "keyctl": 219,
        "add_key": 217,
        "request_key": 218,
        "init_module": 105,
        "finit_module": 273,
        "kexec_load": 104,
        "reboot": 142,
        "mknodat": 33,
        "bind": 200,
        "listen": 201,
    },
}
EVERYWHERE = {"io_uring_setup": 425, "pidfd_getfd": 438, "open_tree": 428, "move_mount": 429, "fsopen": 430}
"""The same number on every architecture. io_uring could do what is forbidden here."""


def program(machine: str) -> bytes | None:
    """For this kind of machine (`os.uname().machine`); None where the numbers are not known."""
    if machine not in ARCHITECTURES:
        return None
    numbers = sorted({*FORBIDDEN[machine].values(), *EVERYWHERE.values()})
    code = [
        _step(LOAD_WORD, ARCHITECTURE_AT),
        _step(EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(ANSWER, KILL),
        _step(LOAD_WORD, NUMBER_AT),
        _step(AT_LEAST, X32, 0, 1),
        _step(ANSWER, KILL),
        _step(EQUAL, SOCKET[machine], 0, 4),
        _step(LOAD_WORD, FIRST_ARGUMENT_AT),
        _step(EQUAL, AF_UNIX, 1, 0),
        _step(ANSWER, DENY),
        _step(ANSWER, ALLOW),
    ]
    for number in numbers:
        code += [_step(EQUAL, number, 0, 1), _step(ANSWER, DENY)]
    return b"".join([*code, _step(ANSWER, ALLOW)])


def _step(what: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", what, then, otherwise, value)
