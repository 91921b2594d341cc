"""Bring a wheel's files here with the person's own package installer and its settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from appliance.errors import ModelError

TIMEOUT_SECONDS = 900
TICK_SECONDS = 0.5
LINES_SHOWN = 3
MAX_OUTPUT_BYTES = 65_536


def unpacked(
    wheel: str,
    version: str,
    into: Path,
    environ: Mapping[str, str] = os.environ,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Unpack this version of the wheel into a folder, running none of its code.

    Uses uv, or pip when there is no uv; both read their own index settings. `tick` is called twice a second.
    Raises ModelError without either, without a network, or when the index does not have it.
    """
    command = _command(f"{wheel}=={version}", into, environ)
    with tempfile.TemporaryFile() as said:
        try:
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as process:
                status = _wait(process, tick)
        except OSError as error:
            raise _failed(wheel, version, f"{command[0]}: {error.strerror}") from error
        if status is None:
            raise _failed(wheel, version, f"no answer within {TIMEOUT_SECONDS} seconds")
        if status:
            raise _failed(wheel, version, _last_lines(said))


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> int | None:
    """Its exit status; None when it took too long and was ended."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        tick()
        try:
            return process.wait(TICK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except BaseException:
            process.kill()
            raise
    process.kill()
    return None


def _failed(wheel: str, version: str, reason: str) -> ModelError:
    hint = "connect to the network (or the index that pip and uv are set up for) and try again"
    return ModelError(f"the package {wheel} {version}, which carries the model, did not come: {reason}", hint)


def _last_lines(said: BinaryIO) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - MAX_OUTPUT_BYTES))
    text = said.read(MAX_OUTPUT_BYTES).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-LINES_SHOWN:])[-600:] or "no reason given"


def _command(requirement: str, into: Path, environ: Mapping[str, str]) -> list[str]:
    uv = uv_program(environ)
    target = ["--no-deps", "--target", str(into), "--only-binary", ":all:", requirement]
    if uv:
        return [uv, "pip", "install", "--quiet", "--no-progress", "--python", sys.executable, *target]
    if find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
        return [*pip, "--disable-pip-version-check", "--no-compile", *target]
    hint = "tools/run brings uv; or: apt install python3-pip"
    raise ModelError("there is neither uv nor pip to fetch a package with", hint)


def uv_program(environ: Mapping[str, str]) -> str:
    """Path of uv: named by UV, found on PATH, or where tools/run keeps it; "" without one."""
    named = environ.get("UV", "")
    if named and os.access(named, os.X_OK):
        return named
    cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "/nonexistent")) / ".cache")
    places = os.pathsep.join([environ.get("PATH", ""), str(cache / "appliance" / "uv" / "bin")])
    return shutil.which("uv", path=places) or ""
