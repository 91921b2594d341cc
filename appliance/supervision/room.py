"""Whether the stages of a configuration fit into this machine: sizes of their models, and its memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from appliance.budget import machine
from appliance.budget.fit import Fit, Planned, judge, planned
from appliance.budget.table import BUDGETS
from appliance.config import profiles
from appliance.config.model import Config
from appliance.supervision.spec import StageSpec

MB = 1024 * 1024
MAX_FILES = 2_000


def plan(config: Config, specs: Sequence[StageSpec]) -> list[Planned]:
    """What every part of this configuration will take."""
    profile = profiles.resolve(config.profile, profiles.this_machine())
    parts = ["supervisor", *(spec.name for spec in specs)]
    parts += ["broker"] if config.mqtt.host == "embedded" else []
    parts += ["web"] if config.web.enabled else []
    engines: dict[str, str] = {spec.name: spec.configure.engine for spec in specs}
    sizes: dict[str, int] = {spec.name: _models_mb(spec) for spec in specs}
    return planned(BUDGETS[profile.name], engines, sizes, parts)


def _models_mb(spec: StageSpec) -> int:
    return round(sum(map(size, spec.configure.models.values())) / MB)


def fit(config: Config, specs: Sequence[StageSpec]) -> Fit:
    """Whether that is there."""
    return judge(plan(config, specs), machine.memory_mb())


def size(path: str) -> int:
    """Bytes of a file, or of the files of a folder; 0 for what is not there."""
    place = Path(path)
    try:
        if not place.is_dir():
            return place.stat().st_size
        found = 0
        for count, (folder, _, names) in enumerate(os.walk(place)):
            if count > MAX_FILES:
                break
            found += sum(Path(folder, name).lstat().st_size for name in names[:MAX_FILES])
    except OSError:
        return 0
    return found
