from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from appliance.firstboot import forgetting, machine, prepare, requests
from appliance.firstboot.errors import SetupError
from appliance.firstboot.places import Places

SCRIPT = Path(__file__).resolve().parents[2] / "image/initrd-tree/usr/lib/appliance/reset"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data partition in use, with names that a careless shell would lose."""
    data = tmp_path / "data"
    for name in (
        "config/network/home.nmconnection",
        "config/.hidden",
        "system/machine-id",
        "appliance/timers.sqlite",
        "appliance/.wal",
        "appliance/..odd",
        "appliance/-rf",
        "appliance/with space/and\nline",
        ".root-hidden",
        "lost+found/kept",
    ):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("x")
    (data / "appliance/link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/precious").write_text("x")
    return data


def started(data: Path) -> int:
    """What the initrd does at each start."""
    return subprocess.run(["sh", SCRIPT, data], check=False, timeout=30).returncode


def kept(data: Path) -> list[str]:
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if not path.is_dir())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_without_a_marker_nothing_is_touched(data: Path) -> None:
    before = kept(data)
    assert started(data) == 0
    assert kept(data) == before


def test_everything_is_gone_and_nothing_outside(data: Path, tmp_path: Path) -> None:
    forgetting.mark(data / "appliance")
    assert started(data) == 0
    assert kept(data) == ["lost+found/kept"]
    assert (data / "appliance").is_dir()
    assert (tmp_path / "outside/precious").exists()
    assert started(data) == 0


def test_it_goes_on_after_a_power_cut(data: Path) -> None:
    """The marker outlives everything else, so a start that was cut off is done again."""
    forgetting.mark(data / "appliance")
    names = kept(data)
    for name in names[: len(names) // 2]:
        if name != "appliance/factory-reset":
            (data / name).unlink()
    assert (data / "appliance/factory-reset").exists()
    assert started(data) == 0
    assert kept(data) == ["lost+found/kept"]


def test_a_marker_that_is_a_folder_asks_for_nothing(data: Path) -> None:
    (data / "appliance/factory-reset").mkdir()
    assert started(data) == 0
    assert "config/.hidden" in kept(data)


def test_marking_twice_is_once(tmp_path: Path) -> None:
    forgetting.mark(tmp_path)
    forgetting.mark(tmp_path)
    assert names(tmp_path) == ["factory-reset"]


def test_a_marker_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "factory-reset").symlink_to("/etc/passwd")
    with pytest.raises(SetupError, match="cannot be written"):
        forgetting.mark(tmp_path)
    with pytest.raises(SetupError, match="cannot be written"):
        forgetting.mark(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["factory-reset", "factory-reset.txt", "FACTORY-RESET.TXT", "Factory-Reset"])
def test_a_file_on_the_partition_asks_for_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "set_host_name", lambda _name: None)
    partition, data = tmp_path / "fat", tmp_path / "data"
    partition.mkdir()
    data.mkdir()
    (partition / name).touch()
    (partition / "claim-code").write_text("12345678\n")
    places = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd", data)
    result = prepare.run(places, drops=(partition,))
    assert result.forgetting
    assert (data / "factory-reset").exists()
    assert names(partition) == ["claim-code"], "what is given beside it is for the time after"
    assert not prepare.run(places, drops=(partition,)).forgetting


def test_the_file_stays_while_it_cannot_be_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "set_host_name", lambda _name: None)
    partition = tmp_path / "fat"
    partition.mkdir()
    (partition / "factory-reset").touch()
    places = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd", tmp_path / "none")
    result = prepare.run(places, drops=(partition,))
    assert "import" in result.failed
    assert names(partition) == ["factory-reset"]


def test_outside_the_image_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not the appliance's image") as refused:
        requests.forget(tmp_path, tmp_path / "no-image")
    assert str(tmp_path) in refused.value.hint
    (tmp_path / "release").touch()
    requests.forget(tmp_path, tmp_path / "release")
    assert (tmp_path / "factory-reset").exists()
