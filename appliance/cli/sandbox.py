"""`appliance sandbox STAGE -- COMMAND…`: look around from inside a stage's walls."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.wire.messages import STAGE_NAMES, Configure, StageName

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.supervision.ladder import Ladder
    from appliance.supervision.launch import Order
    from appliance.supervision.spec import StageSpec

NAME = "sandbox"
HELP = "run a command exactly as a stage is confined"

SHOWN_FD = 9
"""The descriptor of the seccomp program in what --show prints."""
LEVELS = ("full", "landlock", "limits", "none")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--level", choices=LEVELS, help="confine as on a machine of this level (docs/sandbox.md)"
    )
    parser.add_argument("--show", action="store_true", help="print the command line instead of running it")
    parser.add_argument(
        "--program", action="store_true", help="write the stage's seccomp program (BPF) to standard output"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stage, level and command."""
    _add_options(parser)
    parser.add_argument("stage", choices=STAGE_NAMES, metavar="STAGE", help=", ".join(STAGE_NAMES))
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run; a shell if left out"
    )


def split(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The command after `--`; options between STAGE and `--`, which argparse leaves alone, are taken in."""
    rest = list(arguments.rest)
    if rest and not rest[0].startswith("-"):  # argparse drops a `--` that stands right after STAGE
        return tuple(rest)
    end = rest.index("--") if "--" in rest else len(rest)
    late = argparse.ArgumentParser(prog="appliance sandbox STAGE", argument_default=argparse.SUPPRESS)
    _add_options(late)
    late.add_argument("--json", action="store_true")
    late.add_argument("--config", type=Path)
    late.parse_args(rest[:end], arguments)
    return tuple(rest[end + 1 :]) or ("/bin/sh",)


def run(arguments: argparse.Namespace) -> int:
    """The command's own exit status; 128 + N when signal N killed it."""
    from appliance.config import load
    from appliance.supervision import ladder, launch

    command = split(arguments)
    config = load.load(arguments.config, os.environ).config
    spec = _spec(config, arguments.stage)
    if arguments.program:
        own = arguments.level not in {"landlock", "none"}
        sys.stdout.buffer.write(launch.program(own, spec.sound_devices))
        return 0
    here = ladder.probe(config)
    if arguments.level:
        here = ladder.only(here, arguments.level)
    scratch = f"{spec.scratch}-by-hand" if spec.scratch else ""  # that of the running stage is not touched
    order = launch.Order(
        command, spec.limits, here.confinement, spec.read_only, spec.sound_devices, scratch=scratch
    )
    if arguments.show:
        print(_shown(order, here, arguments.stage, as_json=arguments.json))
        return 0
    return _run(order, here, config.supervision.usage_seconds)


def _spec(config: Config, stage: StageName) -> StageSpec:
    """The stage as it would run now; one that waits for a piece has its walls and limits, but no models."""
    from appliance.daemon import stage_specs
    from appliance.supervision.sandbox import checked_models
    from appliance.supervision.spec import StageSpec

    bare = StageSpec(stage, Configure("none"), getattr(config.limits, stage))
    spec = next((spec for spec in stage_specs(config) if spec.name == stage), bare)
    checked_models(spec.read_only)
    return spec


def _run(order: Order, here: Ladder, look_seconds: float) -> int:
    import msgspec

    from appliance.supervision import cgroup, launch

    if here.subtree is None:
        return _wait(launch.start(order, stdin=None, new_session=False), order, look_seconds)
    group = cgroup.Group.create(here.subtree, "look", itertools.count(os.getpid()), order.limits)
    try:
        joined = msgspec.structs.replace(order, cgroup_procs=group.procs)
        return _wait(launch.start(joined, stdin=None, new_session=False), order, look_seconds)
    finally:
        cgroup.remove_now([group.path])


def _wait(process: subprocess.Popen[bytes], order: Order, look_seconds: float) -> int:
    """Its exit status; kills it above its limits, as the supervisor does."""
    from appliance.supervision import usage

    with process:
        try:
            while True:
                try:
                    status = process.wait(look_seconds)
                except subprocess.TimeoutExpired:
                    if excess := usage.excess(usage.measure(process.pid), order.limits):
                        print(f"appliance: killed: {excess}", file=sys.stderr)
                        _kill(process)
                else:
                    return status if status >= 0 else 128 - status
        finally:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it with all below it, which without namespaces would live on."""
    from appliance.supervision import usage

    if process.poll() is not None:
        return
    for pid in usage.descendants(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _shown(order: Order, here: Ladder, stage: str, *, as_json: bool) -> str:
    """The whole command line, for bash: the seccomp program comes from a second call of this command."""
    import msgspec

    from appliance.supervision import cgroup, launch, sandbox

    filtered = here.confinement != "nothing"
    line = launch.arguments(order, SHOWN_FD if filtered else -1)
    if as_json:
        shown = {"level": here.level, "confinement": here.confinement, "arguments": line}
        return msgspec.json.encode(shown).decode()
    limits = ", ".join(f"{name} {content}" for name, content in cgroup.settings(order.limits).items())
    where = "in a control group with" if here.subtree else "no control group: the supervisor looks after"
    level = "" if here.confinement == "namespaces" else " --level landlock"
    program = f" \\\n    {SHOWN_FD}< <(appliance sandbox {stage} --program{level})" if filtered else ""
    return f"# level {here.level}, {where} {limits}\n{sandbox.copy_pasteable(line)}{program}"
