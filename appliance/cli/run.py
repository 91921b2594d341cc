"""`appliance run`: the appliance itself."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from appliance.config.model import Config
from appliance.config.origins import Origin
from appliance.errors import ConfigError

NAME = "run"
HELP = "run the appliance until Ctrl+C or SIGTERM"
CARDS = Path("/proc/asound/cards")
NO_CARD = "none"
MODES = ("full", "satellite")
MAX_LINE = 16_384


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do beside serving."""
    parser.add_argument(
        "--try-out",
        action="store_true",
        help="with a demonstration home; without a sound card, also the demonstration",
    )
    parser.add_argument(
        "--demo", action="store_true", help="speak four sentences into the own (virtual) microphone"
    )
    parser.add_argument(
        "--once", action="store_true", help="end after the demonstration; status 0 when all went well"
    )
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="full",
        help="full: the whole appliance; satellite: microphone and loudspeaker of another one",
    )
    parser.add_argument(
        "--join", metavar="URI", help="for a satellite: the line of `appliance satellite add`; - asks for it"
    )
    parser.add_argument("--house", type=Path, metavar="FILE", help="the demonstration home's house file")


def has_sound_card() -> bool:
    """Does ALSA know any card?"""
    try:
        return "no soundcards" not in CARDS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def without_card(config: Config) -> Config:
    """The same configuration on the virtual microphone and loudspeaker."""
    return msgspec.structs.replace(config, audio=msgspec.structs.replace(config.audio, device=NO_CARD))


def run(arguments: argparse.Namespace) -> int:
    """Serve; the exit status."""
    from appliance import serve
    from appliance.config import load
    from appliance.observe import logs

    if arguments.mode == "satellite":
        return _satellite(arguments)
    if arguments.join:
        raise ConfigError("--join is for satellites", "add: --mode satellite")
    demo = arguments.demo or arguments.once or (arguments.try_out and not has_sound_card())
    at_home = demo or arguments.try_out or arguments.house is not None

    def read(in_memory: Mapping[str, object]) -> Config:
        config = load.load(arguments.config, os.environ, in_memory=in_memory).config
        return without_card(config) if demo else config

    def origins(in_memory: Mapping[str, object]) -> Mapping[str, Origin]:
        return load.load(arguments.config, os.environ, in_memory=in_memory).origins

    chosen = load.load(arguments.config, os.environ, owns=True).chosen
    config = read(chosen)
    view = demo or (sys.stdout.isatty() and not arguments.json)
    # The view tells what happens; beside it only what goes wrong belongs on the terminal.
    level = "warning" if view and config.log.level == "info" else config.log.level
    logs.configure(level, config.log.format)
    house = (arguments.house or serve.demonstration_house()) if at_home else None
    return serve.run(config, serve.Extras(house, view, demo, arguments.once), read, chosen, origins)


def _satellite(arguments: argparse.Namespace) -> int:
    """Be a satellite; with `--join`, of that hub from now on."""
    from appliance import serve
    from appliance.config import load
    from appliance.observe import logs
    from appliance.satellites import unit

    if arguments.demo or arguments.once or arguments.try_out or arguments.house is not None:
        raise ConfigError(
            "a satellite has no home of its own", "leave out --try-out, --demo, --once, --house"
        )

    def read() -> Config:
        return load.load(arguments.config, os.environ).config

    config = read()
    logs.configure(config.log.level, config.log.format)
    if arguments.join:
        given = arguments.join
        unit.join(config, _line() if given == "-" else given)
        if given != "-":
            _forget_argument(given)
    return serve.run_satellite(config, read)


def _line() -> str:
    """From a person or a file; not shown while it is typed."""
    if sys.stdin.isatty():
        return getpass.getpass("paste the line, then Enter: ")
    return sys.stdin.readline(MAX_LINE)


def _forget_argument(secret: str) -> None:
    """Begin anew without it: everybody on this machine may read the arguments of a process."""
    kept = [each for each in sys.argv[1:] if each not in {"--join", secret, f"--join={secret}"}]
    os.execv(sys.executable, [sys.executable, "-m", "appliance", *kept])  # noqa: S606 - ourselves, once more
