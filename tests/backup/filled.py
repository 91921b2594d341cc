"""A data directory with something of everything in it, and programs that die at a given step."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from appliance.backup.catalogue import ITEMS
from appliance.config.model import Backup, Config, Paths
from appliance.home import machine
from appliance.home.certificates import ensure
from appliance.judgement.audit import Audit, Row
from appliance.judgement.identity.profiles import Profile, Profiles
from appliance.judgement.pins import Pins
from appliance.timers.model import Now
from appliance.timers.store import Store

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
PASSPHRASE = "correct horse battery"
SETTINGS = '[mqtt]\nport = 1884\npassword = "hunter22"\n'


def config_of(data: Path, **backup: object) -> Config:
    return Config(paths=Paths(data=str(data)), backup=Backup(**backup))  # type: ignore[arg-type]


def fill(data: Path, name: str = "Anna") -> Path:
    """Real files, written by the code that owns them; `name` makes them different."""
    for folder in ("judgement", "mosquitto/tls", "satellite", "models/en-voice", "run"):
        (data / folder).mkdir(mode=0o700, parents=True)
    (data / "appliance.toml").write_text(f"# {name}\n{SETTINGS}")
    (data / "chosen.toml").write_text(f"# {name}\n[audio]\nvolume = 0.5\n")
    (data / "announced.json").write_text(f'["{name}"]')
    _databases(data, name)
    pins = Pins(data / "judgement" / "pins.json")
    pins.open()
    pins.set(name, "471199")
    machine.save(data / "mosquitto" / "credentials.json", machine.Saved({"appliance": f"secret-{name}"}))
    ensure(data / "mosquitto" / "tls", (f"{name.lower()}.local",), NOW)
    (data / "satellite" / "state.json").write_bytes(msgspec.json.encode({"muted": True, "volume": 0.5}))
    (data / "models" / "added.toml").write_text(f"# {name}\n")
    (data / "models" / "en-voice" / "weights.bin").write_bytes(bytes(100_000))
    (data / "run" / "control.sock").write_bytes(b"")
    return data


def _databases(data: Path, name: str) -> None:
    people = Profiles(data / "judgement" / "people.db")
    people.open()
    people.add(Profile(name))
    people.close()
    audit = Audit(data / "judgement" / "audit.db", 30, 10_000)
    audit.open()
    for number in range(50):
        audit.add(Row(at=float(number), who=name, outcome="done"))
    audit.close()
    store = Store(data)
    store.open()
    store.put({}, Now(1.0, 2.0, name, trusted=True))
    store.close()


def state(data: Path) -> dict[str, str]:
    """Checksum of everything that a backup is about, by path; also SQLite's journals."""
    paths = {item.path for item in ITEMS}
    found = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in found.items()
        if name in paths or name.removesuffix("-journal") in paths
    }


DYING = """
import os, signal, sys
steps = 0
def step(event, arguments):
    global steps
    if event in ("open", "sqlite3.connect", "fcntl.flock") or event.startswith(("os.", "shutil.")):
        steps += 1
        if steps == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
"""
READY = "sys.addaudithook(step)\n"


def die_at(step: int, before: str, program: str, *arguments: str) -> bool:
    """Run `program`, killed at its `step`th touch of a file or folder; False when it ended before that."""
    text = f"{DYING}\n{before}\n{READY}\n{program}"
    command = [sys.executable, "-c", text, str(step), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("APPLIANCE_")}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)
    if done.returncode == -signal.SIGKILL:
        return True
    assert done.returncode == 0, done.stderr
    return False
