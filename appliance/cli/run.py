"""`appliance run`: the appliance itself."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from appliance.config.model import Config

NAME = "run"
HELP = "run the appliance until Ctrl+C or SIGTERM"
CARDS = Path("/proc/asound/cards")
NO_CARD = "none"


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

    demo = arguments.demo or arguments.once or (arguments.try_out and not has_sound_card())
    at_home = demo or arguments.try_out or arguments.house is not None

    def read() -> Config:
        config = load.load(arguments.config, os.environ).config
        return without_card(config) if demo else config

    config = read()
    view = demo or (sys.stdout.isatty() and not arguments.json)
    # The view tells what happens; beside it only what goes wrong belongs on the terminal.
    level = "warning" if view and config.log.level == "info" else config.log.level
    logs.configure(level, config.log.format)
    house = (arguments.house or serve.demonstration_house()) if at_home else None
    return serve.run(config, serve.Extras(house, view, demo, arguments.once), read)
