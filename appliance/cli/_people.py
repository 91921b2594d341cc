"""What `appliance audit` and `appliance person` share: asking the running appliance, or its files."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.claim import claim
from appliance.config import load
from appliance.config.model import Config
from appliance.control import NotRunning, asked

LIVE = frozenset({"person_enrol"})
"""What needs somebody who listens."""


def ask(arguments: argparse.Namespace, do: str, **fields: Any) -> dict[str, Any]:
    """From the running appliance, or from its files when none runs. Raises ApplianceError."""
    config = load.load(arguments.config, os.environ).config
    return asyncio.run(_ask(config, do, fields))


async def _ask(config: Config, do: str, fields: dict[str, Any]) -> dict[str, Any]:
    data = Path(config.paths.data)
    try:
        return await asked(data, do, **fields)
    except NotRunning:
        if do in LIVE:
            raise
        return await _on_files(config, data, do, fields)


async def _on_files(config: Config, data: Path, do: str, fields: dict[str, Any]) -> dict[str, Any]:
    from appliance.judgement.errors import JudgementError
    from appliance.judgement.judge import Judge
    from appliance.judgement.requests import JudgementRequests

    with claim(data):
        judge = Judge(config, data, time.monotonic, lambda: datetime.now().astimezone())
        judge.open()
        try:
            if judge.troubles:
                raise JudgementError(judge.troubles[0], "see the message above")
            return await JudgementRequests(judge).handlers()[do](fields)
        finally:
            judge.close()
