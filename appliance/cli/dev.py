"""`appliance dev`: all of it in one terminal, for those who work on it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.developing.session import Output, Session

NAME = "dev"
HELP = "run everything in one terminal: coloured log, a log file, anew with every change of code or settings"
LOGS = "dev"
LEVELS = ("debug", "info", "warning", "error")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much is shown, and what is run."""
    parser.add_argument(
        "--level", choices=LEVELS, default="debug", help="the least that is logged (default debug)"
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="keep the log there; the default is in `dev` of the data"
    )
    parser.add_argument(
        "--web", action="store_true", help="with the page and the API in any case, and for this machine alone"
    )
    parser.add_argument(
        "--demo", action="store_true", help="speak the demonstration's sentences at each start"
    )
    parser.add_argument("--no-reload", action="store_true", help="let changes be")


def run(arguments: argparse.Namespace) -> int:
    """Until Ctrl+C; the exit status. Raises ConfigError, ApplianceError."""
    from appliance.config import load
    from appliance.developing import session
    from appliance.errors import ApplianceError

    loaded = load.load(arguments.config, os.environ)
    data = Path(loaded.config.paths.data)
    try:
        path = arguments.log or session.new_file(data / LOGS, datetime.now(UTC))
        with path.open("a", encoding="utf-8") as file:
            path.chmod(0o600)
            colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ and not arguments.json
            output = session.Output(sys.stdout, file, colours=colours)
            output.say(f"the log is kept in {path}; Ctrl+C ends all of it")
            if arguments.web or loaded.config.web.enabled:
                output.say(f"the page: http://127.0.0.1:{loaded.config.web.port}/")
            return asyncio.run(_session(arguments, loaded.config, loaded.files, output).run())
    except OSError as error:
        raise ApplianceError(f"the log cannot be kept: {error}", "choose another file with --log") from error


def command(arguments: argparse.Namespace, config: Config) -> list[str]:
    """How the appliance is started: with a demonstration home where it has its own broker."""
    from appliance.serve import demonstration_house

    words = [sys.executable, "-m", "appliance", "run", "--json"]
    if arguments.config is not None:
        words += ["--config", str(arguments.config)]
    if arguments.demo:
        words.append("--demo")
    if config.mqtt.host == "embedded":
        words += ["--house", str(demonstration_house())]
    return words


def variables(arguments: argparse.Namespace, config: Config) -> dict[str, str]:
    """Lines that can be read back, and what the options ask for."""
    from appliance.cli.run import NO_CARD, has_sound_card
    from appliance.config.environment import PREFIX

    own = {"LOG__LEVEL": arguments.level, "LOG__FORMAT": "json"}
    if arguments.web:
        own |= {"WEB__ENABLED": "true", "WEB__LISTEN": "loopback"}
    if config.audio.device == "default" and not has_sound_card():
        own["AUDIO__DEVICE"] = NO_CARD
    return {
        **os.environ,
        **{f"{PREFIX}{name}": value for name, value in own.items()},
        "PYTHONUNBUFFERED": "1",
    }


def _session(
    arguments: argparse.Namespace, config: Config, files: tuple[Path, ...], output: Output
) -> Session:
    import appliance
    from appliance.config import load
    from appliance.daemon import NEED_A_RESTART
    from appliance.developing import session, watching

    code = Path(appliance.__file__).parent
    watched = (*files, Path(config.paths.data) / "appliance.toml")
    running = [config]

    def look() -> watching.Seen:
        return {} if arguments.no_reload else watching.look(code, watched)

    def must_restart() -> bool:
        new = load.load(arguments.config, os.environ).config
        old, running[0] = running[0], new
        return any(getattr(old, name) != getattr(new, name) for name in NEED_A_RESTART)

    return session.Session(
        command(arguments, config), variables(arguments, config), output, look, must_restart
    )
