"""Tries to get out. Prints {"name": "what happened"} as JSON; "IN" means that an attack succeeded.

`attack.py PARAMETERS` or, as a stage, `attack.py PARAMETERS NAME FD`: then Ready's detail says it.
Should the walls not stand, no attack harms the machine: what is destroyed was made for it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
NUMBERS = {  # x86_64, aarch64
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "io_uring_setup": (425, 425), "init_module": (175, 105),
    "kexec_load": (246, 104),
    "personality": (135, 92), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279), "clone3": (435, 435), "pidfd_getfd": (438, 438), "open_tree": (428, 428),
    "fsopen": (430, 430), "mknodat": (259, 33), "setuid": (105, 146),
    "sethostname": (170, 161), "fanotify_init": (300, 262), "mq_open": (240, 180), "msgget": (68, 186),
    "prlimit64": (302, 261), "clone": (56, 220), "userns": (272, 97), "landlock_create_ruleset": (444, 444),
}  # fmt: skip
SIGCHLD = 17
NAMESPACES = {
    "user": 0x10000000, "net": 0x40000000, "mount": 0x20000, "pid": 0x20000000,
    "ipc": 0x08000000, "uts": 0x04000000, "cgroup": 0x02000000, "time": 0x80,
}  # fmt: skip


def call(name: str, *arguments: object) -> int:
    """A raw system call; raises OSError when it is refused."""
    result = libc.syscall(ctypes.c_long(NUMBERS[name][0 if X86 else 1]), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return int(result)


def attacks(given: dict[str, str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every attack; one that returns has succeeded."""
    pid = int(given["pid"])
    for name in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_CAN"):
        for kind in ("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET"):
            family = getattr(socket, name)
            yield f"socket {name} {kind}", lambda f=family, k=kind: socket.socket(f, getattr(socket, k))
    yield "datagram pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    yield "pair then connect abstract", lambda: socket.socketpair()[0].connect("\0" + given["abstract"])
    yield "pair then connect path", lambda: socket.socketpair()[0].connect(given["socket"])
    yield "pair then bind", lambda: socket.socketpair()[0].bind("\0mine")

    yield "kill supervisor", lambda: os.kill(pid, 0)
    yield "kill group", lambda: os.killpg(pid, 0)
    yield "pidfd", lambda: os.pidfd_open(pid)
    yield "ptrace attach", lambda: call("ptrace", 16, pid, 0, 0)
    yield "process_vm_readv", lambda: call("process_vm_readv", pid, 0, 0, 0, 0, 0)
    for leaf in (
        "mem",
        "environ",
        "cmdline",
        "maps",
        "root/etc/passwd",
        "cwd/pyproject.toml",
        "status",
        "fd/0",
    ):
        yield f"/proc/PID/{leaf}", lambda name=leaf: Path(f"/proc/{pid}/{name}").read_bytes()
    yield "lift its limits", lambda: call("prlimit64", pid, 7, 0, 0)
    yield "lift own limits", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))

    for path in (given["secret"], "/etc/shadow", "/etc/passwd", "/etc/ssh/sshd_config", "/etc/hostname"):
        yield f"read {path}", lambda p=path: Path(p).read_bytes()
    for path in ("/root", "/home", "/var", "/run", "/etc/ssl", "/boot", "/srv", "/mnt"):
        if path != given["shown_root"]:
            yield f"list {path}", lambda p=path: _some(p)
    yield "name of the secret", lambda: os.listdir(given["folder"]).remove("secret")  # noqa: PTH208
    yield "environment", lambda: os.environ["APPLIANCE_TEST_SECRET"]
    yield "cgroups", lambda: os.listdir("/sys/fs/cgroup")  # noqa: PTH208
    yield "sound card", lambda: os.open("/dev/snd/controlC0", os.O_RDWR)
    for path in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/fuse", "/dev/kvm", "/dev/console"):
        yield f"open {path}", lambda p=path: os.open(p, os.O_RDWR)

    for folder in (
        "/",
        "/usr",
        "/usr/lib",
        "/etc",
        "/dev",
        "/proc",
        "/sys",
        sys.prefix,
        given["package"],
        given["model"],
    ):
        yield f"write in {folder}", lambda f=folder: _create(f)
    for path in (given["model"] + "/weights", given["package"] + "/__init__.py", sys.executable):
        yield f"open {path} to write", lambda p=path: os.open(p, os.O_WRONLY)
    weights = given["model"] + "/weights"
    yield "truncate weights", lambda: os.truncate(weights, 0)
    yield "remove weights", lambda: os.unlink(weights)  # noqa: PTH108
    yield "chmod weights", lambda: os.chmod(weights, 0o777)  # noqa: PTH101
    yield "rename weights", lambda: os.rename(weights, weights + ".x")  # noqa: PTH104
    yield "chmod secret", lambda: os.chmod(given["secret"], 0o666)  # noqa: PTH101
    yield "truncate secret", lambda: os.truncate(given["secret"], 0)
    for path in ("kernel/core_pattern", "kernel/hostname", "vm/drop_caches", "vm/overcommit_memory"):
        yield f"set {path}", lambda p=path: os.open(f"/proc/sys/{p}", os.O_WRONLY)
    yield "sysrq", lambda: os.open("/proc/sysrq-trigger", os.O_WRONLY)
    yield "fill /tmp", lambda: _fill("/tmp", 64)
    yield "fill /dev/shm", lambda: _fill("/dev/shm", 64)
    yield "many descriptors", _many_descriptors

    for name, flag in NAMESPACES.items():
        yield f"unshare {name}", lambda f=flag: call("unshare", ctypes.c_long(f))
        yield f"clone {name}", lambda f=flag: _clone(f)
    yield "clone3", lambda: call("clone3", 0, 0)
    yield "setns", lambda: call("setns", os.open("/proc/self/ns/net", os.O_RDONLY), 0)
    yield "mount", lambda: call("mount", b"none", given["model"].encode(), b"tmpfs", 0, 0)
    yield "mount proc", lambda: call("mount", b"proc", given["model"].encode(), b"proc", 0, 0)
    yield "unmount", lambda: call("umount2", b"/tmp", 2)
    yield "chroot", lambda: call("chroot", b"/")
    yield "pivot_root", lambda: call("pivot_root", b"/", b"/tmp")
    yield "open_tree", lambda: call("open_tree", -100, b"/", 1)
    yield "fsopen", lambda: call("fsopen", b"tmpfs", 0)
    yield "device node", lambda: call("mknodat", -100, b"/tmp/disk", 0o60666, 0xFE00)
    yield "become root", lambda: call("setuid", 0)
    yield "handle", lambda: call("open_by_handle_at", -100, 0, 0)
    yield "io_uring", lambda: call("io_uring_setup", 4, ctypes.create_string_buffer(256))
    yield "bpf", lambda: call("bpf", 0, ctypes.create_string_buffer(128), 128)
    yield "perf", lambda: call("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0)
    yield "userfaultfd", lambda: call("userfaultfd", 1)
    yield "keyring", lambda: call("keyctl", 0, -3, 1)
    yield "add_key", lambda: call("add_key", b"user", b"x", b"x", 1, -3)
    yield "request_key", lambda: call("request_key", b"user", b"x", 0, -3)
    yield "module", lambda: call("init_module", b"x", 1, b"")
    yield "kexec", lambda: call("kexec_load", 0, 0, 0, 0)
    yield "personality", lambda: call("personality", 0x0040000)
    yield "memory file", lambda: call("memfd_create", b"x", 0)
    yield "fanotify", lambda: call("fanotify_init", 0, 0)
    yield "message queue", lambda: call("msgget", 0, 0o1600)
    yield "host name", lambda: call("sethostname", socket.gethostname().encode(), len(socket.gethostname()))
    yield "steal descriptor", lambda: call("pidfd_getfd", 3, 0, 0)
    yield "type into terminal", lambda: fcntl.ioctl(0, 0x5412, b"x")
    yield "type into terminal, high bits", _high_ioctl
    yield "console paste", lambda: fcntl.ioctl(0, 0x541C, b"\x03")


def _some(path: str) -> None:
    if not os.listdir(path):  # noqa: PTH208
        raise FileNotFoundError(errno.ENOENT, "an empty folder shows nothing")


def _create(folder: str) -> None:
    os.close(os.open(folder + "/written", os.O_CREAT | os.O_WRONLY, 0o600))


def _fill(folder: str, megabytes: int) -> None:
    written = 0
    for number in range(megabytes):
        with open(f"{folder}/fill{number}", "wb") as file:  # noqa: PTH123
            written += file.write(b"x" * 1_000_000)
    os.sync()


def _many_descriptors() -> None:
    numbers: list[int] = []
    try:
        while len(numbers) < 2_000:
            numbers.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for number in numbers:
            os.close(number)


def _clone(flag: int) -> None:
    pid = call("clone", ctypes.c_long(flag | SIGCHLD), 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _high_ioctl() -> None:
    number = 16 if X86 else 29
    byte = ctypes.create_string_buffer(b"x")
    if libc.syscall(ctypes.c_long(number), 0, ctypes.c_long(0x1_0000_5412), byte) < 0:
        raise OSError(ctypes.get_errno(), "ioctl")


def killed_by(code: bytes) -> str:
    """Run machine code in a child; the signal that ended it."""
    import mmap

    pid = os.fork()
    if pid == 0:
        area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        area.write(code)
        function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
        os._exit(0 if function() > 0 else 1)
    _, status = os.waitpid(pid, 0)
    return (
        signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"IN {os.WEXITSTATUS(status)}"
    )


def facts() -> dict[str, object]:
    """What an attack would start from."""
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line
    )
    found: dict[str, object] = {name: status[name] for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")}
    found["descriptors"] = sorted(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    found["session"] = os.getsid(0)
    found["environment"] = sorted(os.environ)
    if X86:
        found["int 0x80"] = killed_by(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # getpid of the 32-bit table
        found["x32"] = killed_by(b"\xb8" + struct.pack("<I", 0x40000000 + 39) + b"\x0f\x05\xc3")
    return found


def run(given: dict[str, str]) -> dict[str, str]:
    """Every attack once."""
    results = {}
    for name, attack in attacks(given):
        try:
            attack()
        except (OSError, KeyError, ValueError) as error:
            results[name] = f"refused: {error}"
        else:
            results[name] = "IN"
    return results


def main() -> None:
    found = facts()
    results = run(json.loads(sys.argv[1]))
    if len(sys.argv) == 2:
        print(json.dumps({"facts": found, "attacks": results}))
        return
    from appliance.wire import messages

    sock = socket.socket(fileno=int(sys.argv[3]))
    sock.recv(messages.MAX_PACKET_BYTES)
    succeeded = ", ".join(name for name, what in results.items() if what == "IN")
    sock.send(messages.encode(messages.Ready("attack", 0.0, f"{len(results)} tried, succeeded: {succeeded}")))
    sock.recv(messages.MAX_PACKET_BYTES)


if __name__ == "__main__":
    main()
