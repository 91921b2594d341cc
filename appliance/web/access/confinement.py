"""The web process gives away what it does not need, once its port is bound and its certificate read.

Landlock: it reads the program and its own certificate, writes `<data>/web`, and nothing else; it opens no TCP
connection and no other port; it reaches no process by signal or abstract socket. A filter of system calls: no
socket but of the Unix kind (the appliance's own), no other program, no other process's memory. A kernel
without Landlock gives less, which is said; it is no reason not to serve.
"""

from __future__ import annotations

import ctypes
import logging
import os
import stat
import struct
import sys
import sysconfig
from pathlib import Path

import appliance
from appliance.supervision import landlock
from appliance.web.access import calls
from appliance.web.settings import Settings

LOG = logging.getLogger(__name__)
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 14
READ = landlock.READ_FILE | landlock.READ_DIR
WRITE = READ | landlock.WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
FILE_RIGHTS = landlock.EXECUTE | landlock.WRITE_FILE | landlock.READ_FILE | TRUNCATE | landlock.IOCTL_DEV
"""Those that a rule about a single file may hold."""
SYSTEM = (
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl",
    "/usr/lib/ssl",
    "/usr/share/zoneinfo",
    "/proc/self",
)
LIBRARIES = ("/usr/lib", "/lib", "/lib64", "/usr/local/lib")
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38

Rules = list[tuple[str, int]]


def rules(settings: Settings) -> Rules:
    """Path and rights, for this installation."""
    program = {
        sys.prefix,
        sys.base_prefix,
        str(Path(appliance.__file__).parent),
        *sysconfig.get_paths().values(),
    }
    own = {str(Path(name).parent) for name in (settings.web.certificate, settings.web.key) if name}
    found: Rules = [(path, READ) for path in sorted({*program, *own, *SYSTEM, *LIBRARIES})]
    found += [(path, READ | landlock.WRITE_FILE) for path in DEVICES]
    return [*found, (str(settings.folder), WRITE)]


def confine(settings: Settings) -> list[str]:
    """From now on and for ever; what could not be had, in words for the log. Only with a single thread."""
    lacking = []
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - names are all that is wanted
    if threads != 1:
        lacking.append(f"{threads - 1} other threads run already, which are not confined")
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    version = landlock.abi()
    if version == 0:
        lacking.append("this kernel has no Landlock: the web can read and write whatever its user can")
    else:
        lacking += _restrict(libc, version, rules(settings))
    return [*lacking, *_filter()]


def _restrict(libc: ctypes.CDLL, version: int, wanted: Rules) -> list[str]:
    handled = landlock.fs_rights(version)
    attribute = struct.pack("QQQ", handled, landlock.NET_RIGHTS, landlock.SCOPES)
    size = landlock.ruleset_bytes(version)
    ruleset = libc.syscall(landlock.CREATE_RULESET, attribute, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return [f"Landlock: {os.strerror(ctypes.get_errno())}"]
    try:
        for path, rights in wanted:
            _allow(libc, ruleset, path, rights & handled)
        if libc.syscall(landlock.RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) != 0:
            return [f"Landlock: {os.strerror(ctypes.get_errno())}"]
    finally:
        os.close(ruleset)
    network = ["this kernel's Landlock does not confine the network"] if version < 4 else []
    scopes = ["this kernel's Landlock does not confine signals and abstract sockets"] if version < 6 else []
    return network + scopes


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """What is not there needs no rule."""
    try:
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(number).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, number)
        added = libc.syscall(
            landlock.ADD_RULE, ruleset, landlock.RULE_PATH_BENEATH, ctypes.c_char_p(rule), ctypes.c_uint32(0)
        )
        if added != 0:
            LOG.warning("Landlock: no rule for %s: %s", path, os.strerror(ctypes.get_errno()))
    finally:
        os.close(number)


def _filter() -> list[str]:
    code = calls.program(os.uname().machine)
    if code is None:
        return [f"no filter of system calls for {os.uname().machine}"]
    try:
        landlock.filter_calls(code)
    except OSError as error:
        return [f"no filter of system calls: {error}"]
    return []
