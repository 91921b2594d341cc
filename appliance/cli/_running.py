"""What commands share that ask the running appliance."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any

from appliance.config import load
from appliance.control import asked


def data_folder(arguments: argparse.Namespace) -> Path:
    """Where the appliance of this configuration keeps its things. Raises ConfigError."""
    return Path(load.load(arguments.config, os.environ).config.paths.data)


def ask_running(arguments: argparse.Namespace, do: str, **fields: Any) -> dict[str, Any]:
    """The running appliance's answer. Raises ControlError; NotRunning when there is none to ask."""
    return asyncio.run(asked(data_folder(arguments), do, **fields))
