"""What the doctor sees of the disk, the backups and the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from appliance.backup.snapshots import folder
from appliance.config.model import Backup, Config, Paths, Web
from appliance.observe.wear import Drive, Storage
from appliance.ops import keeping
from appliance.ops.check import Check
from tests.ops.checking import sane

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("drive", "verdict", "said"),
    [
        (Drive("mmcblk0", "sd"), "good", "mmcblk0: not worn"),
        (Drive("nvme0", "nvme", passed=False), "bad", "says that it is failing"),
        (Drive("nvme0", "nvme", used_percent=97.0), "bad", "97 % of its life"),
    ],
)
def test_wear(tmp_path: Path, drive: Drive, verdict: str, said: str) -> None:
    probed = tmp_path / "storage.json"
    probed.write_bytes(msgspec.json.encode(Storage(1.0, (drive,))))
    check = sane(keeping.disk(tmp_path / "not" / "yet", probed))
    assert (check.verdict, said in check.found) == (verdict, True)


def test_a_disk_that_says_nothing(tmp_path: Path) -> None:
    assert sane(keeping.disk(tmp_path, tmp_path / "none")).verdict == "good"


def test_a_read_only_disk(tmp_path: Path) -> None:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("bubblewrap is not installed")
    inside = [bwrap, "--dev-bind", "/", "/", "--ro-bind", str(tmp_path), str(tmp_path)]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("bubblewrap may not make namespaces here")
    code = "import sys; from pathlib import Path; from appliance.ops import keeping\n"
    code += "print(keeping.disk(Path(sys.argv[1])))"
    done = subprocess.run(
        [*inside, sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "verdict='bad'" in done.stdout, done.stderr
    assert "read-only" in done.stdout


def saved(tmp_path: Path, *names: str, **backup: object) -> Check:
    data = tmp_path / "data"
    config = Config(paths=Paths(data=str(data)), backup=Backup(**backup))
    for name in names:
        folder(config).mkdir(parents=True, exist_ok=True)
        (folder(config) / name).write_text("x")
    return sane(keeping.snapshots(config, NOW.timestamp()))


def test_snapshots_by_their_age(tmp_path: Path) -> None:
    assert saved(tmp_path).found == "there are no data yet"
    assert saved(tmp_path, "no snapshot").verdict == "weak"
    old = saved(tmp_path, "appliance-2026-11-01T120000Z.tar.gz")
    assert (old.verdict, "20.0 days" in old.found) == ("weak", True)
    fresh = saved(tmp_path, "appliance-2026-11-21T000000Z.tar.gz")
    assert (fresh.verdict, "2 snapshots, the newest is 0.5 days" in fresh.found) == ("good", True)
    assert "without passwords" in fresh.found


def test_snapshots_that_nobody_wants(tmp_path: Path) -> None:
    assert saved(tmp_path, enabled=False).verdict == "weak"


@pytest.mark.parametrize(
    ("web", "verdict", "said"),
    [
        (Web(enabled=False), "good", "there is none"),
        (Web(enabled=True), "good", "port 8085, for lan"),
        (Web(enabled=True, certificate="/x"), "bad", "belong together"),
        (Web(enabled=True, certificate="/none/a", key="/none/b"), "bad", "/none/a cannot be read"),
        (Web(enabled=True, tls="off"), "weak", "tls"),
        (Web(enabled=True, tls="off", listen="loopback"), "good", "loopback"),
        (Web(enabled=True, listen="any"), "weak", "any"),
    ],
)
def test_the_page(web: Web, verdict: str, said: str) -> None:
    check = sane(keeping.web_page(Config(web=web)))
    assert (check.verdict, said in check.found) == (verdict, True)
