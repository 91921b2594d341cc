"""Checks of a booted image: what they make of a guest's answers."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
TRACE = """\
# tracer: nop
          python-537     [001] ...1.   203.796945: sys_openat -> 0xffffffffffffffe2
       appliance-671     [000] ...1.   333.905476: sys_openat -> 0xffffffffffffffe2
          python-760     [001] ...1.   388.142075: sys_mkdir -> 0xffffffffffffffe2
    Net work-1-99        [001] ...1.   389.142075: sys_openat -> 0xffffffffffffffe2
          python-850     [001] ...1.   437.417756: sys_mkdir -> 0xffffffffffffffe2
"""


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(TOOLS)
    import image_checks

    yield image_checks
    for name in [
        each
        for each in sys.modules
        if each.partition(".")[0] in {"image_checks", "image_guest", "image_observing"}
    ]:
        del sys.modules[name]


pytestmark = pytest.mark.usefixtures("checks")


class Told:
    """A guest that answers what it was told to."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    def says(self, command: str, _timeout: float = 0) -> str:
        return next(text for start, text in self.answers.items() if command.startswith(start))

    def run(self, command: str, _timeout: float = 0) -> tuple[int, str]:
        return 0, next((text for start, text in self.answers.items() if command.startswith(start)), "")


def test_every_check_is_complete_and_in_order(checks: Any) -> None:
    found = checks.all_checks()
    assert {"listening", "units", "writes", "root", "memory", "speech", "boottime"} <= {
        each.NAME for each in found
    }
    assert [each.ORDER for each in found] == sorted(each.ORDER for each in found)
    assert all(each.HELP and callable(each.run) for each in found)


def test_checks_are_chosen_by_name(checks: Any) -> None:
    assert [each.NAME for each in checks.chosen(["memory", "units"])] == ["units", "memory"]
    with pytest.raises(ValueError, match="no such check: nonsense"):
        checks.chosen(["nonsense"])


def test_refused_writes_are_counted_by_program_and_call() -> None:
    from image_checks import writes

    assert writes.attempts(TRACE) == {
        "python: openat": 1,
        "appliance: openat": 1,
        "python: mkdir": 2,
        "Net work-1: openat": 1,
    }


@pytest.mark.parametrize(
    ("trace", "journal", "good"),
    [(TRACE, "", [False, True]), ("# tracer: nop\n", "a: Read-only file system", [True, False])],
)
def test_either_kind_of_evidence_fails_the_check(trace: str, journal: str, good: list[bool]) -> None:
    from image_checks import writes

    bench = SimpleNamespace(guest=Told({"cat ": trace, "journalctl": journal}))
    assert [row.good for row in writes.run(bench)] == good


@pytest.mark.parametrize(("available_kib", "good"), [(1_500_000, True), (1_300_000, False)])
def test_memory_is_what_is_not_available(available_kib: int, good: bool) -> None:
    from image_checks import memory

    text = f"MemTotal: 2000000 kB\nMemFree: 1 kB\nMemAvailable: {available_kib} kB\n"
    bench = SimpleNamespace(
        guest=Told({"cat /proc/meminfo": text, "cat /sys": "1000000", "systemd-cgtop": ""})
    )
    assert next(memory.run(bench)).good is good


def test_a_missing_stage_is_named() -> None:
    from image_checks import listening

    status = (
        '{"listening": true, "stages": [{"name": "tts", "state": "starting"}], "sandbox": {"level": "full"},'
        ' "mqtt": {"connected": true, "host": "h", "port": 1}}'
    )
    bench = SimpleNamespace(guest=Told({"runuser": status}), seconds_to_listening=12.0)
    assert [row.good for row in listening.run(bench)] == [True, False, True, True]


def test_our_services_get_time_to_start(tmp_path: Path) -> None:
    import image_observing

    (tmp_path / "appliance.service").write_text("[Service]\nWatchdogSec=20\n")
    (tmp_path / "a.service").write_text("[Service]\n")
    (tmp_path / "b.service").write_text("[Service]\nTimeoutStartSec=18min\n")
    (tmp_path / "a.timer").write_text("")
    drop_ins = image_observing.patience(tmp_path)
    assert set(drop_ins) == {
        *("appliance.service", "a.service", "b.service", "appliance-update-deadline.timer")
    }
    assert "TimeoutStartSec=15min" in drop_ins["a.service"]
    assert "TimeoutStartSec" not in drop_ins["b.service"], "it has more than that"
    assert "WatchdogSec=5min" in drop_ins["appliance.service"]
    assert "WatchdogSec" not in drop_ins["a.service"]
    assert image_observing.own_units(tmp_path) == ["a.service", "a.timer", "appliance.service", "b.service"]


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        (b"root@appliance:/# ", True),
        (b"bash-5.2# ", True),
        (b"# ", False),
        (b"BdsDxe: loading #", False),
        (b"Shell> ", False),
    ],
)
def test_only_a_root_shell_prompts(line: bytes, ready: bool) -> None:
    import image_guest

    assert bool(image_guest.PROMPT.search(line)) is ready
