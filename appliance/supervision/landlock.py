"""Landlock and seccomp for a process that has no namespaces of its own. Only system calls, no package.

Numbers and structures: linux/landlock.h, linux/prctl.h, linux/seccomp.h. `confine.py` runs this on the
way to a stage; the supervisor only asks for the version.
"""

from __future__ import annotations

import ctypes
import os
import stat

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The same number on every architecture."""
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
FS_RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many file system rights an ABI knows; 16 from 5 on."""
NET_RIGHTS = 0b11
"""Bind and connect TCP; from ABI 4 on."""
SCOPES = 0b11
"""Abstract unix sockets and signals to outside; from ABI 6 on."""

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 38, 22, 2
SIGKILL = 9
INSTRUCTION_BYTES = 8


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def abi() -> int:
    """Landlock's version in this kernel; 0 when there is none."""
    version = _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(CREATE_RULESET_VERSION))
    return max(0, int(version))


def fs_rights(version: int) -> int:
    """All file system rights that this ABI can deny, as a bit mask."""
    return int((1 << FS_RIGHTS_OF_ABI.get(version, 16)) - 1) if version > 0 else 0


def ruleset_bytes(version: int) -> int:
    """Size of the attribute structure that this ABI knows."""
    if version >= 6:
        return 24
    return 16 if version >= 4 else 8


def die_with(parent: int) -> None:
    """Be killed when the parent dies. Raises OSError; ProcessLookupError when it is dead already."""
    _call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise ProcessLookupError("the supervisor died meanwhile")


def restrict(
    read: list[str], listed: list[str], devices: list[str], scratch: list[str] | None = None
) -> None:
    """From now on: read and run only what lies in `read`, see the names in `listed`, write to `devices`, and
    make files, folders and links in the folders of `scratch`.

    Raises OSError.
    """
    version = abi()
    handled = fs_rights(version)
    attribute = _RulesetAttr(handled, NET_RIGHTS, SCOPES)
    ruleset = _syscall(CREATE_RULESET, ctypes.byref(attribute), ctypes.c_size_t(ruleset_bytes(version)), 0)
    try:
        for path in read:
            _allow(ruleset, path, handled & (EXECUTE | READ_FILE | READ_DIR))
        for path in listed:
            _allow(ruleset, path, handled & READ_DIR)
        for path in devices:
            _allow(ruleset, path, handled & (READ_FILE | WRITE_FILE | READ_DIR | IOCTL_DEV))
        for path in scratch or ():
            made = MAKE_DIR | MAKE_REG | MAKE_SYM | REMOVE_DIR | REMOVE_FILE
            _allow(ruleset, path, handled & (READ_FILE | WRITE_FILE | READ_DIR | TRUNCATE | made))
        _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Grant rights below a path; one that is not there needs none."""
    try:
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(number).st_mode):
            rights &= ~READ_DIR
        rule = _PathBeneath(rights, number)
        _syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(number)


def filter_calls(code: bytes) -> None:
    """Load a BPF program for this process and its children. Raises OSError."""
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // INSTRUCTION_BYTES, ctypes.cast(buffer, ctypes.c_void_p))
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def _syscall(number: int, *arguments: object) -> int:
    return _call("syscall", ctypes.c_long(number), *arguments)


def _call(function: str, *arguments: object) -> int:
    result = int(getattr(_libc, function)(*arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")
    return result
