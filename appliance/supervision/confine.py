"""Become a confined stage where there are no user namespaces; run as a file by a bare interpreter.

`confine.py [--parent PID] [--read PATH]… [--list PATH]… [--device PATH]… [--scratch PATH] [--seccomp FD]
-- COMMAND…`
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Run as a file, without site packages: the package is found from where this file lies.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from appliance.supervision import landlock

MAX_PROGRAM_BYTES = 64 * 1024
EXIT_UNCONFINED = 125

OPTIONS = ("--parent", "--read", "--list", "--device", "--scratch", "--seccomp")
SELF = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/asound", "/proc/sys/vm")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def parse(arguments: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Options by name, and the command after `--`. Raises ValueError."""
    end = arguments.index("--")
    options: dict[str, list[str]] = {name: [] for name in OPTIONS}
    pairs = zip(arguments[:end:2], arguments[1:end:2], strict=True)
    for name, value in pairs:
        if name not in options:
            raise ValueError(f"unknown option {name}")
        options[name].append(value)
    return options, arguments[end + 1 :]


def confine(options: dict[str, list[str]]) -> None:
    """Apply everything to this process. Raises OSError."""
    for parent in options["--parent"]:
        landlock.die_with(int(parent))
    code = [os.read(int(number), MAX_PROGRAM_BYTES) for number in options["--seccomp"]]
    for number in options["--seccomp"]:
        os.close(int(number))
    for path in options["--scratch"]:
        empty(path)
        os.environ["TMPDIR"] = path
    if options["--read"]:
        devices = [*options["--device"], *DEVICES]
        landlock.restrict([*options["--read"], *SELF], options["--list"], devices, options["--scratch"])
    for program in code:
        landlock.filter_calls(program)


def empty(folder: str) -> None:
    """A folder for this process alone, without what one before it may have left. Raises OSError."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.unlink(f"{place}/{name}")  # noqa: PTH108 - pathlib takes longer to load than all of this
        for name in folders:
            path = f"{place}/{name}"
            (os.unlink if os.path.islink(path) else os.rmdir)(path)  # noqa: PTH114
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103


def main(arguments: list[str]) -> int:
    """Confine, then become the command; returns only when that fails."""
    try:
        options, command = parse(arguments)
        confine(options)
        os.execv(command[0], command)  # noqa: S606 no shell is wanted
    except (OSError, ValueError, IndexError) as error:
        print(f"confine: {error}", file=sys.stderr)
    return EXIT_UNCONFINED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
