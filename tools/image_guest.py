"""A virtual machine that runs an image: started, spoken to through a root shell, cut off.

The image itself stays as it is: changes go into an overlay. The shell is systemd's own, asked for on the
command line of the kernel through the firmware's tables, so that nothing in the image is prepared for it.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

ACCELERATION = "tcg,thread=multi,tb-size=512"
"""Nested virtualisation crashes the firmware on most build machines; emulation is slow and always works."""
FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
CONSOLE = "hvc0"
EXTRA_WORDS = f"systemd.debug_shell={CONSOLE} console=ttyS0 systemd.show_status=yes"
PROMPT = re.compile(rb"[\w)~/.-]# (?:\x1b\[[?0-9]*[a-z])*$")
"""What the shell says when it waits for a command."""
MAX_OUTPUT = 4_000_000
"""Bytes that one command may say."""


class GuestError(Exception):
    """The virtual machine did not do what was asked of it."""


@dataclass
class Machine:
    """What the virtual machine is made of."""

    image: Path
    folder: Path
    """For overlay, sockets and logs."""
    memory_mb: int = 2048
    cores: int = 2
    disk_gb: int = 8
    network: bool = True
    sound: bool = True
    acceleration: str = ACCELERATION
    words: str = ""
    """More words for the kernel's command line."""
    arguments: Sequence[str] = field(default_factory=tuple)
    drop_ins: Mapping[str, str] = field(default_factory=dict)
    """Unit → settings, laid over it for this guest through systemd's credentials."""

    @property
    def overlay(self) -> Path:
        """The disc as the guest has changed it."""
        return self.folder / "disk.qcow2"

    @property
    def console(self) -> Path:
        """The root shell's socket."""
        return self.folder / "console"

    @property
    def serial_log(self) -> Path:
        """What firmware, kernel and systemd said."""
        return self.folder / "serial.log"

    def make_disk(self) -> None:
        """A disc of `disk_gb` over the image, and fresh firmware variables; an earlier one is forgotten."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.overlay.unlink(missing_ok=True)
        _run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            str(self.image),
            "-F",
            "raw",
            str(self.overlay),
            f"{self.disk_gb}G",
        )
        shutil.copyfile(VARIABLES, self.folder / "variables.fd")

    def command(self, *, console: str) -> list[str]:
        """QEMU's arguments."""
        words = f"{EXTRA_WORDS} {self.words}".strip()
        return [
            "qemu-system-x86_64",
            *(
                "-accel",
                self.acceleration,
                "-machine",
                "q35",
                "-cpu",
                "max",
                "-smp",
                str(self.cores),
                "-m",
                str(self.memory_mb),
            ),
            *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}"),
            *("-drive", f"if=pflash,format=raw,unit=1,file={self.folder / 'variables.fd'}"),
            *("-drive", f"if=none,id=disk,format=qcow2,cache=writeback,discard=unmap,file={self.overlay}"),
            *("-device", "virtio-blk-pci,drive=disk,bootindex=0"),
            *("-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"),
            *("-device", "virtio-serial-pci", "-chardev", console, "-device", "virtconsole,chardev=console"),
            *("-smbios", f"type=11,value=io.systemd.stub.kernel-cmdline-extra={words}"),
            *self._patience(),
            *("-serial", f"file:{self.serial_log}"),
            *(("-nic", "user,model=virtio-net-pci") if self.network else ("-nic", "none")),
            *(self._sound() if self.sound else ()),
            *self.arguments,
        ]

    def _patience(self) -> Iterator[str]:
        # Emulated on a busy machine everything is ten to fifty times slower: no unit is given up for that.
        for unit, text in self.drop_ins.items():
            name = f"io.systemd.credential.binary:systemd.unit-dropin.{unit}"
            yield from ("-smbios", f"type=11,value={name}={base64.b64encode(text.encode()).decode()}")

    def _sound(self) -> tuple[str, ...]:
        return ("-audiodev", "none,id=sound", "-device", "intel-hda", "-device", "hda-duplex,audiodev=sound")


class Guest:
    """A running machine and its root shell."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.began = 0.0
        self._qemu: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._heard = b""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def start(self) -> None:
        """Switch the machine on; the disc is the one there is."""
        self.machine.console.unlink(missing_ok=True)
        console = f"socket,id=console,path={self.machine.console},server=on,wait=off"
        self._qemu = subprocess.Popen(self.machine.command(console=console), stdin=subprocess.DEVNULL)
        self.began = time.monotonic()
        self._heard = b""

    def cut(self) -> None:
        """Pull the plug."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._qemu is not None:
            if self._qemu.poll() is None:
                self._qemu.send_signal(signal.SIGKILL)
            self._qemu.wait()
            self._qemu = None

    @property
    def processor_seconds(self) -> float:
        """Taken of this machine's processors: the same however busy they are. 0 when it is off."""
        if self._qemu is None:
            return 0.0
        fields = Path(f"/proc/{self._qemu.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def seconds(self) -> float:
        """Since it was switched on."""
        return time.monotonic() - self.began

    def wait_for_shell(self, timeout: float = 300.0) -> float:
        """Until the root shell answers; the seconds since the start. Raises GuestError."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._must_run()
            if self._connect() and self._prompted() and self._greet():
                return self.seconds
        raise GuestError(f"no root shell after {timeout:.0f} s; see {self.machine.serial_log}")

    def _connect(self) -> bool:
        if self._socket is not None:
            return True
        try:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(str(self.machine.console))
        except OSError:
            self._socket = None
            time.sleep(0.5)
            return False
        return True

    def _prompted(self) -> bool:
        # Before the shell the firmware listens on the same line: a key would stop it in its menu.
        try:
            self._read_until(PROMPT, 2.0)
        except TimeoutError:
            return False
        return True

    def _greet(self) -> bool:
        token = secrets.token_hex(4)
        settings = "export PS1= PS2= TERM=dumb PAGER=cat SYSTEMD_PAGER=cat"
        self._send(f"stty -echo -onlcr cols 500 2>/dev/null; {settings}; echo {token[:4]}''{token[4:]}\n")
        try:
            self._read_until(re.compile(re.escape(token.encode())), 60.0)
        except TimeoutError:
            return False
        return True

    def run(self, command: str, timeout: float = 240.0) -> tuple[int, str]:
        """Exit status and output (both streams) of a shell command. Raises GuestError."""
        token = secrets.token_hex(6)
        head, tail = token[:6], token[6:]
        self._send(f"{{ {command}\n}} 2>&1; printf '\\n%s%s %d\\n' {head} {tail} $?\n")
        try:
            match = self._read_until(re.compile(rb"\r?\n" + token.encode() + rb" (\d+)\r?\n"), timeout)
        except TimeoutError:
            raise GuestError(f"no end after {timeout:.0f} s: {command}") from None
        text = match.string[: match.start()].decode("utf-8", "replace").replace("\r\n", "\n")
        return int(match[1]), text

    def tell(self, command: str) -> None:
        """A shell command whose end is not waited for, as there may be none. Raises GuestError."""
        self._send(f"{command}\n")

    def wait_for_end(self, timeout: float) -> bool:
        """Whether the virtual machine has ended by itself before the time was over."""
        if self._qemu is None:
            return True
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._qemu.poll() is not None:
                return True
            time.sleep(1.0)
        return False

    def says(self, command: str, timeout: float = 240.0) -> str:
        """Output of a command that must succeed. Raises GuestError."""
        status, text = self.run(command, timeout)
        if status:
            raise GuestError(f"status {status}: {command}\n{text.strip()[-2000:]}")
        return text.strip()

    def wait_until(self, command: str, timeout: float, pause: float = 1.0) -> bool:
        """Whether the command has succeeded before the time was over."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.run(command)[0] == 0:
                return True
            time.sleep(pause)
        return False

    def _send(self, text: str) -> None:
        if self._socket is None:
            raise GuestError("there is no shell yet")
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise GuestError("the virtual machine is gone") from error

    def _read_until(self, pattern: re.Pattern[bytes], timeout: float) -> re.Match[bytes]:
        deadline = time.monotonic() + timeout
        if self._socket is None:
            raise GuestError("there is no shell yet")
        while True:
            match = pattern.search(self._heard)
            if match is not None:
                self._heard = self._heard[match.end() :]
                return match
            if len(self._heard) > MAX_OUTPUT:
                raise GuestError("the guest does not stop talking")
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                raise TimeoutError
            try:
                data = self._socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise GuestError("the virtual machine is gone")
            self._heard += data

    def _must_run(self) -> None:
        if self._qemu is None or self._qemu.poll() is not None:
            raise GuestError("the virtual machine has ended")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def interactive(machine: Machine) -> int:
    """A root shell of the image on this terminal; Ctrl+A X ends it."""
    machine.make_disk()
    print(
        "Starting; a root shell comes in about a minute. Ctrl+A X switches the machine off.", file=sys.stderr
    )
    command = machine.command(console="stdio,id=console,mux=on,signal=off")
    return subprocess.run(command, check=False).returncode
