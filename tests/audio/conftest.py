"""A private PulseAudio with null sinks: a sound card that can be played into, listened to, and pulled out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLS = ("pulseaudio", "pactl", "paplay", "parec")


class Pulse:
    """A PulseAudio daemon in a folder of its own; ALSA's default device leads to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        (folder / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PULSE_SERVER": f"unix:{runtime}/pulse/native",
            "ALSA_CONFIG_UCM2": str(folder),
        }
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self, microphone_rate_hz: int = 16_000, microphone_channels: int = 1) -> None:
        """Start the daemon with a loudspeaker `spk` and a microphone `mic` fed by the sink `micsink`."""
        microphone = f"rate={microphone_rate_hz} channels={microphone_channels}"
        # Without norewinds a null sink works in blocks of two seconds, as no real card does.
        modules = (
            "module-native-protocol-unix auth-anonymous=1",
            "module-null-sink sink_name=spk rate=48000 channels=2 norewinds=1",
            f"module-null-sink sink_name=micsink {microphone} norewinds=1",
            "module-remap-source master=micsink.monitor source_name=mic",
        )
        self._daemon = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
                "--disallow-exit", "--disable-shm", "--system=false", "--log-target=stderr",
                *(f"--load={module}" for module in modules),
            ],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while self.run("pactl", "set-default-source", "mic").returncode:
            assert self._daemon.poll() is None, "pulseaudio ended"
            assert time.monotonic() < deadline, "pulseaudio does not answer"
            time.sleep(0.05)
        assert self.run("pactl", "set-default-sink", "spk").returncode == 0

    def kill(self) -> None:
        """Pull the card out."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
        shutil.rmtree(self.folder / "run" / "pulse", ignore_errors=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """A client of the daemon."""
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=30, check=False)

    def recorders(self) -> int:
        """How many programs listen to the microphone (the remapping itself not counted)."""
        listing = self.run("pactl", "list", "short", "source-outputs").stdout.decode()
        return sum("remap" not in line for line in listing.splitlines())


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    """A started daemon, or a skip that names the packages."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"{', '.join(missing)} not installed (apt install pulseaudio libasound2-plugins)")
    folder = tmp_path / "pulse"
    folder.mkdir()
    daemon = Pulse(folder)
    daemon.start()
    yield daemon
    daemon.kill()
