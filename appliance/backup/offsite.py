"""Copies of snapshots in a restic repository: another disk, a share, or an S3 server. Blocking.

What restic does is restic's: encryption, pruning, checking. It gets the names of files that hold its password
and the keys of S3, never those themselves, and an environment with nothing else in it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import BinaryIO

import msgspec

from appliance.backup.errors import BackupError
from appliance.backup.files import write_fresh
from appliance.backup.making import made_at
from appliance.config.model import Config

PROGRAM = "restic"
TAG, HOST = "appliance", "appliance"
"""The same on every machine: whoever restores here need not know what it was called."""
SECONDS = 600.0
MAX_ANSWER_BYTES = 4_194_304
SCHEME = re.compile(r"(s3|sftp|rest|b2|azure|gs|swift|rclone):")
CREDENTIALS = re.compile(r"://[^/]*@")
ID = re.compile(r"[0-9a-f]{8,64}")
NOT_THERE = "unable to open config file"


class Copy(msgspec.Struct, frozen=True):
    """One snapshot in the repository."""

    id: str
    time: str
    """By the clock of the machine that made the copy."""
    paths: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name; "" for what this program did not put there."""
        name = Path(self.paths[0]).name if len(self.paths) == 1 else ""
        return name if made_at(name) else ""


class Offsite:
    """One repository, as configured."""

    def __init__(self, config: Config, *, seconds: float = SECONDS) -> None:
        """Raises BackupError when none is configured, or not so that it can be used."""
        settings, data = config.backup, Path(config.paths.data)
        if not settings.offsite:
            raise BackupError("no offsite repository is configured", "set backup.offsite; see docs/backup.md")
        if CREDENTIALS.search(settings.offsite):
            raise BackupError(
                "backup.offsite holds a user's name or password",
                "put keys into backup.offsite_credentials_file",
            )
        if not settings.offsite_password_file:
            raise BackupError("backup.offsite has no password", "set backup.offsite_password_file")
        self._repository = _repository(settings.offsite)
        self._seconds = seconds
        program = shutil.which(PROGRAM)
        if program is None:
            raise BackupError("the program restic is not installed", "sudo apt-get install restic")
        self._program = program
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "RESTIC_REPOSITORY": self._repository,
            "RESTIC_PASSWORD_FILE": _private(data / settings.offsite_password_file),
        }
        if settings.offsite_credentials_file:
            keys = _private(data / settings.offsite_credentials_file)
            self._environment["AWS_SHARED_CREDENTIALS_FILE"] = keys

    def begin(self) -> None:
        """Make an empty repository. Never unasked: without its disk mounted it would fill the card."""
        self._run("init")

    def push(self, snapshot: Path, keep: tuple[int, int, int]) -> None:
        """Copy one file there, then let those go that are not kept (daily, weekly, monthly).

        A file that is there already is not copied again. Raises BackupError.
        """
        self._run("unlock")  # only locks of the dead
        if snapshot.name not in {each.name for each in self.copies()}:
            self._run("backup", "--host", HOST, "--tag", TAG, "--", snapshot.name, folder=snapshot.parent)
        daily, weekly, monthly = map(str, keep)
        counts = ("--keep-daily", daily, "--keep-weekly", weekly, "--keep-monthly", monthly)
        self._run("forget", "--tag", TAG, "--group-by", "host", *counts, "--prune")

    def copies(self) -> tuple[Copy, ...]:
        """What is there, the oldest first. Raises BackupError."""
        answer = self._run("snapshots", "--tag", TAG)
        try:
            found = msgspec.json.decode(answer, type=tuple[Copy, ...] | None) or ()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BackupError("what restic says cannot be read", "restic version") from error
        ours = [each for each in found if each.name and ID.fullmatch(each.id)]
        return tuple(sorted(ours, key=lambda each: each.name.partition(".")[0]))

    def fetch(self, folder: Path, name: str = "") -> Path:
        """Bring the newest copy, or the one of this name, into a folder. Raises BackupError, OSError."""
        copies = [each for each in self.copies() if name in {"", each.name}]
        if not copies:
            raise BackupError(
                f"there is no copy {name or 'of a snapshot'} in {self._repository}",
                "appliance verify --offsite lists those that are there",
            )
        chosen = copies[-1]
        target = folder / chosen.name
        with write_fresh(target) as file:
            self._run("dump", chosen.id, f"/{chosen.name}", into=file)
        return target

    def check(self) -> None:
        """Read every byte of the repository. Raises BackupError for a damaged one."""
        self._run("check", "--read-data")

    def _run(self, *arguments: str, folder: Path | None = None, into: BinaryIO | None = None) -> bytes:
        try:
            done = subprocess.run(
                [self._program, "--no-cache", "--json", *arguments],
                check=False, cwd=folder, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=into or subprocess.PIPE, stderr=subprocess.PIPE, timeout=self._seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise BackupError(
                f"{self._repository} did not answer within {self._seconds:g} seconds", "is it switched on?"
            ) from error
        if done.returncode:
            raise _refused(done.stderr, self._repository)
        return (done.stdout or b"")[:MAX_ANSWER_BYTES]


def _repository(text: str) -> str:
    """Folders are absolute: the worker's own folder is nobody's business."""
    if SCHEME.match(text) or text.startswith("/"):
        return text
    raise BackupError(
        f"backup.offsite is neither an absolute path nor a repository of restic: {text[:100]!r}",
        'such as "/media/stick/appliance" or "s3:http://nas:9000/bucket"',
    )


def _private(path: Path) -> str:
    """The file's name, once it is sure that nobody else may read it."""
    try:
        found = path.stat()
    except OSError as error:
        raise BackupError(
            f"{path} cannot be read: {error.strerror}", "write the secret there alone"
        ) from error
    if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077:
        raise BackupError(f"{path} can be read by others", f"chmod 600 {path}")
    return str(path.absolute())


def _refused(complaint: bytes, repository: str) -> BackupError:
    text = complaint.decode(errors="replace").strip()
    first = text.partition("\n")[0][:300]
    shown = "".join(each if each.isprintable() else " " for each in first)
    if NOT_THERE in text:
        return BackupError(
            f"there is no repository at {repository} ({shown})",
            "is the disk mounted? make a new one with: appliance backup --offsite-init",
        )
    return BackupError(
        f"restic could not use {repository}: {shown or 'it says nothing'}", "see docs/backup.md"
    )
