"""How worn and how warm the disks are, and when that is worth a warning. Pure but for `read`.

Sources: smartctl's JSON (smartmontools, its documented keys), the kernel's `life_time` and `pre_eol_info`
of eMMC (JEDEC 84-B51, 7.4.40). An SD card says nothing of its wear: only what was written is known.
`observe.wear_probe` collects it as root; here it is taken as something that anybody may have written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from appliance.observe.alerts import Rule, _Window

STORAGE = Path("/run/appliance-health/storage.json")
MAX_BYTES = 65_536
MAX_SMARTCTL_BYTES = 262_144
MAX_DRIVES = 16
MAX_ATTRIBUTES = 256
MAX_TEXT = 60
MB = 1_000_000.0
NVME_UNIT_BYTES = 512_000.0
"""A "data unit" of NVMe: 1000 × 512 bytes."""
SECTOR_BYTES = 512.0
COLDEST_C, HOTTEST_C = -60.0, 200.0

USED_LIMIT_PERCENT = 90.0
DRIVE_LIMIT_C = 70.0
PROCESSOR_LIMIT_C = 80.0
SPACE_LIMIT_MB = 500.0
RULES: dict[str, Rule] = {
    "disk": Rule(0.0, 60.0, "make a backup now (appliance backup), then replace the disk"),
    "space": Rule(600.0, 60.0, "appliance models list shows what is large; du -xh /data | sort -h | tail"),
    "temperature": Rule(300.0, 60.0, "give it air, or a fan: a hot machine slows down and ages"),
}
Kind = Literal["nvme", "ata", "emmc", "sd"]
LEFT_ATTRIBUTES = frozenset(
    {"Wear_Leveling_Count", "Media_Wearout_Indicator", "SSD_Life_Left", "Percent_Lifetime_Remain"}
)
"""ATA attributes whose normalised value is what is left of the life, in %."""
WRITTEN_ATTRIBUTE = "Total_LBAs_Written"
PRE_EOL = {2: "80 % of its spare blocks are used", 3: "its spare blocks are almost used up"}


class Drive(msgspec.Struct, frozen=True, omit_defaults=True):
    """One disk; None is not known."""

    name: str
    kind: Kind
    model: str = ""
    passed: bool | None = None
    """Its own verdict on itself."""
    used_percent: float | None = None
    """Share of its life that is over; may be above 100."""
    spare_percent: float | None = None
    spare_limit_percent: float | None = None
    pre_eol: int | None = None
    """eMMC: 1 is normal, 2 a warning, 3 urgent."""
    bad_blocks: int | None = None
    """Blocks that could not be read, or wait to be replaced."""
    temperature_c: float | None = None
    written_mb: float | None = None
    """In its life; of an SD card since the start of the machine."""


class Storage(msgspec.Struct, frozen=True):
    """One look at all disks, `boot_s` seconds after the start of the machine."""

    boot_s: float
    drives: tuple[Drive, ...] = ()


class Look(msgspec.Struct, frozen=True):
    """What alerts are raised from; None is not known, which neither raises nor clears."""

    storage: Storage | None = None
    processor_c: float | None = None
    free_mb: float | None = None


class Notice(msgspec.Struct, frozen=True):
    """One alert now, in the shape of `alerts.Alert`; `reason` and `hint` are empty while it is off."""

    name: str
    on: bool
    reason: str = ""
    hint: str = ""


class WearAlerts:
    """Fed with looks at any pace below `alerts.STALE_SECONDS`."""

    def __init__(self) -> None:
        self._windows = {name: _Window(rule) for name, rule in RULES.items()}
        self._reasons = dict.fromkeys(RULES, "")

    def take(self, look: Look, now: float) -> tuple[Notice, ...]:
        """How all stand after this look at `now` (seconds of a monotonic clock)."""
        notices = []
        for name, window in self._windows.items():
            reasons = wrong(look, name)
            window.take(None if reasons is None else bool(reasons), now)
            # While it waits to be cleared it still says why it was raised.
            reason = self._reasons[name] = "; ".join(reasons or ()) or self._reasons[name]
            hint = RULES[name].hint
            notices.append(Notice(name, True, reason, hint) if window.on else Notice(name, False))
        return tuple(notices)


def wrong(look: Look, name: str) -> list[str] | None:
    """What is wrong, in words; empty when nothing is, None when nobody knows."""
    drives = look.storage.drives[:MAX_DRIVES] if look.storage is not None else None
    match name:
        case "disk":
            return None if drives is None else [reason for drive in drives for reason in worn(drive)]
        case "space":
            free = look.free_mb
            return None if free is None else [f"only {free:.0f} MB are free"] * (free < SPACE_LIMIT_MB)
        case "temperature":
            return _hot(look.processor_c, drives)
        case _:
            return None


def worn(drive: Drive) -> Iterator[str]:
    """What of this disk's wear is worth a warning."""
    called = f"{drive.name} ({drive.model})" if drive.model else drive.name
    if drive.passed is False:
        yield f"{called} says that it is failing"
    if drive.used_percent is not None and drive.used_percent >= USED_LIMIT_PERCENT:
        yield f"{called} has used up {drive.used_percent:.0f} % of its life"
    spare, limit = drive.spare_percent, drive.spare_limit_percent
    if spare is not None and limit is not None and spare <= limit:
        yield f"{called} has {spare:.0f} % of its spare blocks left"
    if drive.pre_eol in PRE_EOL:
        yield f"{called}: {PRE_EOL[drive.pre_eol]}"
    if drive.bad_blocks:
        yield f"{called} has {drive.bad_blocks} blocks that cannot be read"


def _hot(processor_c: float | None, drives: Iterable[Drive] | None) -> list[str] | None:
    warm = [drive for drive in drives or () if drive.temperature_c is not None]
    if processor_c is None and not warm:
        return None
    hot = [f"the processor is at {processor_c:.0f} °C"] if (processor_c or 0.0) > PROCESSOR_LIMIT_C else []
    return hot + [
        f"{drive.name} is at {drive.temperature_c:.0f} °C"
        for drive in warm
        if drive.temperature_c is not None and drive.temperature_c > DRIVE_LIMIT_C
    ]


# --- what the probe wrote ---------------------------------------------------------------------------------


def read(path: Path = STORAGE) -> Storage | None:
    """The last look of the probe; None when there is none, or it is no such thing."""
    try:
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1))
    except OSError:
        return None


def parse(raw: bytes) -> Storage | None:
    """The same from bytes."""
    if len(raw) > MAX_BYTES:
        return None
    try:
        storage = msgspec.json.decode(raw, type=Storage)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    clean = [
        msgspec.structs.replace(drive, name=text(drive.name), model=text(drive.model))
        for drive in storage.drives[:MAX_DRIVES]
    ]
    return Storage(storage.boot_s, tuple(clean))


# --- what disks say ---------------------------------------------------------------------------------------


def from_smartctl(name: str, raw: bytes) -> Drive | None:
    """A disk from what `smartctl --json --info --health --attributes` says; None when it says nothing."""
    if len(raw) > MAX_SMARTCTL_BYTES:
        return None
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    top = _table(said)
    health = _table(top.get("nvme_smart_health_information_log"))
    rows = list(_attributes(top))
    if not (top.get("smart_status") or health or rows):
        return None
    passed = _table(top.get("smart_status")).get("passed")
    return Drive(
        name=text(name),
        kind="nvme" if health else "ata",
        model=text(top.get("model_name")),
        passed=passed if isinstance(passed, bool) else None,
        used_percent=_first(
            _at(top, "endurance_used", "current_percent"), health.get("percentage_used"), _used(rows)
        ),
        spare_percent=_first(_at(top, "spare_available", "current_percent"), health.get("available_spare")),
        spare_limit_percent=_first(
            _at(top, "spare_available", "threshold_percent"), health.get("available_spare_threshold")
        ),
        bad_blocks=_whole(_first(health.get("media_errors"), _raw(rows, 197))),
        temperature_c=_celsius(_first(_at(top, "temperature", "current"), health.get("temperature"))),
        written_mb=_written(health, rows),
    )  # fmt: skip


def from_mmc(name: str, facts: Mapping[str, str], written_sectors: float | None) -> Drive | None:
    """An eMMC or SD card from the kernel's `type`, `name`, `life_time` and `pre_eol_info`."""
    kind = facts.get("type", "").strip()
    model = text(facts.get("name", "").strip())
    written = None if written_sectors is None else written_sectors * SECTOR_BYTES / MB
    if kind == "SD":
        return Drive(text(name), "sd", model, written_mb=written)
    if kind != "MMC":
        return None
    tenths = [
        int(each, 16) for each in re.findall(r"\b0x[0-9a-fA-F]{1,2}\b", facts.get("life_time", "")[:40])
    ]
    # 0x01 is up to 10 %, 0x0a up to 100 %, 0x0b more; 0 is not known.
    used = max((10.0 * each for each in tenths[:2] if 1 <= each <= 11), default=None)
    stage = re.fullmatch(r"0x0?([123])", facts.get("pre_eol_info", "").strip())
    pre_eol = int(stage[1]) if stage else None
    return Drive(text(name), "emmc", model, used_percent=used, pre_eol=pre_eol)


def text(value: object) -> str:
    """Something of a disk's own words that may be shown: printable, short."""
    words = value if isinstance(value, str) else ""
    return "".join(each if each.isprintable() else " " for each in words[:MAX_TEXT]).strip()


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(top: Mapping[str, Any], outer: str, inner: str) -> object:
    return _table(top.get(outer)).get(inner)


def _attributes(top: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rows = _at(top, "ata_smart_attributes", "table")
    yield from map(_table, rows[:MAX_ATTRIBUTES] if isinstance(rows, list) else ())


def _number(value: object) -> float | None:
    """A count or a share; whatever else a disk may say is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e18:
        return None
    return float(value)


def _first(*values: object) -> float | None:
    return next((number for value in values if (number := _number(value)) is not None), None)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _celsius(value: float | None) -> float | None:
    return value if value is not None and COLDEST_C <= value <= HOTTEST_C else None


def _used(rows: Iterable[Mapping[str, Any]]) -> float | None:
    left = (_number(row.get("value")) for row in rows if row.get("name") in LEFT_ATTRIBUTES)
    found = [100.0 - each for each in left if each is not None and each <= 100.0]
    return max(found, default=None)


def _raw(rows: Iterable[Mapping[str, Any]], number: int) -> float | None:
    return next((_number(_at(row, "raw", "value")) for row in rows if row.get("id") == number), None)


def _written(health: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> float | None:
    units = _number(health.get("data_units_written"))
    if units is not None:
        return units * NVME_UNIT_BYTES / MB
    sectors = next((_at(row, "raw", "value") for row in rows if row.get("name") == WRITTEN_ATTRIBUTE), None)
    number = _number(sectors)
    return None if number is None else number * SECTOR_BYTES / MB
