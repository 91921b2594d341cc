"""`appliance replay FILE…`: recordings through the very processes of `run`, with a timeline of each turn."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from appliance.cli._files import print_error
from appliance.config.model import Config
from appliance.errors import ApplianceError

NAME = "replay"
HELP = "run recordings through the whole appliance and show when what happened"
MAX_SECONDS = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, house, and where the reply goes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--house", type=Path, metavar="HOUSE.json", help="this home instead of the demonstration's"
    )
    parser.add_argument(
        "--out", type=Path, metavar="REPLY.wav", help="write what was answered (of the last file)"
    )
    parser.add_argument(
        "--wake-at",
        type=float,
        metavar="SECONDS",
        help="as if the wake word had ended there; for recordings without one",
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay each file; status 1 when one could not be read or had no turn."""
    from appliance.config import load
    from appliance.observe import logs
    from appliance.replaying import Replayer

    config = load.load(arguments.config, os.environ).config
    logs.configure("warning", config.log.format)
    with tempfile.TemporaryDirectory(prefix="appliance-replay-") as folder:
        replayer = Replayer(_private(config, Path(folder)), arguments.house, arguments.wake_at)
        return asyncio.run(_replay(replayer, arguments))


def _private(config: Config, folder: Path) -> Config:
    """The same appliance, without a card, on its own broker, writing only to `folder`."""
    models = Path(config.paths.data).absolute() / "models"
    if models.is_dir():
        (folder / "models").symlink_to(models)
    return msgspec.structs.replace(
        config,
        paths=msgspec.structs.replace(config.paths, data=str(folder)),
        audio=msgspec.structs.replace(config.audio, device="none", muted=False),
        mqtt=msgspec.structs.replace(config.mqtt, host="embedded"),
        web=msgspec.structs.replace(config.web, enabled=False),
    )


async def _replay(replayer: Any, arguments: argparse.Namespace) -> int:
    from appliance.audio.reading import write_wav

    failed = False
    async with replayer:
        for file in arguments.files:
            try:
                report = await replayer.replay(file)
            except ApplianceError as error:
                failed = True
                print_error(file, error, as_json=arguments.json)
                continue
            _print(report, as_json=arguments.json)
            if arguments.out and report["reply_pcm"]:
                write_wav(arguments.out, report["reply_pcm"], report["reply_rate_hz"])
    return 1 if failed else 0


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    shown = {key: value for key, value in report.items() if not key.startswith("reply_")}
    if as_json:
        print(json.dumps(shown, ensure_ascii=False), flush=True)
        return
    print(f"\n{report['file']}  ({report['seconds']:.2f} s)")
    for event in report["timeline"]:
        detail = "  ".join(
            f"{key}={value}" for key, value in event.items() if key not in {"at_ms", "event", "turn"}
        )
        print(f"  {event['at_ms']:>7} ms  {event['event']:<12} {detail}")
    if not report["timeline"]:
        print("  no wake word was heard")
