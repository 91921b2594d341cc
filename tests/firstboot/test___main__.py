from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.firstboot import __main__ as command
from appliance.firstboot import machine
from appliance.firstboot.places import Places
from tests.firstboot.test_keys import GOOD


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    monkeypatch.setattr(command, "Places", lambda: found)
    monkeypatch.setattr(machine, "set_host_name", lambda _: None)
    return found


def test_preparing_takes_over_a_folder_and_leaves_a_note(places: Places, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "authorized_keys").write_text(GOOD)
    assert command.main(["prepare", "--from", str(drop)]) == 0
    note = json.loads((places.run / "prepared.json").read_text())
    assert (note["taken"], note["faulty"]) == (True, False)
    assert (places.config / "authorized_keys").exists()


def test_host_keys_alone(places: Places) -> None:
    places.config.mkdir()
    assert command.main(["host-keys"]) == 0
    assert list(places.config.iterdir()) == []


def test_an_unknown_step_is_a_wrong_call() -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["dance"])
    assert caught.value.code == 2


def test_the_keeper_ends_when_it_is_told(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from appliance.firstboot import __main__ as command\n"
        "from appliance.firstboot.places import Places\n"
        "here = Path(sys.argv[1])\n"
        "(here / 'run').mkdir(); (here / 'config').mkdir()\n"
        "command.Places = lambda: Places(here / 'config', here / 'run')\n"
        "print('started', flush=True)\n"
        "sys.exit(command.main(['keep']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "PATH": "/nowhere"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "started\n"
        assert "nmcli" in process.stderr.readline()  # it looked for the network, and goes on
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
