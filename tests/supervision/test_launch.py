"""Attacks from inside the real walls. The same attacks without walls show that they are real."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import appliance
from appliance.config.model import Limits
from appliance.errors import SandboxError
from appliance.supervision import launch
from appliance.supervision.ladder import Ladder
from appliance.supervision.launch import Order
from appliance.supervision.layout import python_command
from tests.supervision.running import FOLDER, running, spec

LIMITS = Limits(memory_max_mb=256, memory_high_mb=256, pids_max=16)
KINDS = ("namespaces", "landlock")
REAL = {
    "socket AF_INET SOCK_STREAM", "socket AF_UNIX SOCK_DGRAM", "datagram pair", "kill supervisor", "pidfd",
    "/proc/PID/environ", "/proc/PID/status", "environment", "memory file", "fill /tmp",
    "keyring", "personality", "list /var", "name of the secret",
}  # fmt: skip
"""Attacks that succeed without walls on any Linux, as any user."""


def require(kind: str) -> None:
    try:
        launch.try_out(kind)
    except SandboxError as error:
        pytest.skip(str(error))


class Target:
    """What there is to attack: a secret, sockets, a model, this process and its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret"
        self.secret.write_text("the password")
        self.secret.chmod(0o600)
        self.model = folder / "a model"
        self.model.mkdir()
        (self.model / "weights").write_bytes(b"weights")
        self.abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.abstract.bind(f"\0appliance-test-{os.getpid()}")
        self.abstract.listen()
        self.path = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.path.bind(str(folder / "socket"))
        self.path.listen()

    def parameters(self) -> str:
        return json.dumps(
            {
                "pid": str(os.getpid()),
                "secret": str(self.secret),
                "folder": str(self.folder),
                "model": str(self.model),
                "socket": str(self.folder / "socket"),
                "abstract": f"appliance-test-{os.getpid()}",
                "package": str(Path(appliance.__file__).parent),
                # bubblewrap makes empty folders above what it shows; one of them may be a root's.
                "shown_root": "/" + Path(sys.base_prefix).parts[1],
            }
        )

    def order(self, kind: str, command: tuple[str, ...]) -> Order:
        return Order(command, LIMITS, kind, read_only=(str(self.model), FOLDER))

    def close(self) -> None:
        self.abstract.close()
        self.path.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    os.environ["APPLIANCE_TEST_SECRET"] = "the password"
    made = Target(tmp_path_factory.mktemp("target"))
    yield made
    made.close()
    del os.environ["APPLIANCE_TEST_SECRET"]


def run_inside(order: Order, stdin: int = subprocess.DEVNULL) -> tuple[int, str]:
    with launch.start(order, stdin=stdin, output=subprocess.PIPE) as process:
        said, _ = process.communicate(timeout=60)
    return process.returncode, said.decode()


def python(kind: str, code: str, **changes: object) -> tuple[int, str]:
    return run_inside(Order((*python_command(), "-c", code), LIMITS, kind, **changes))


_results: dict[str, dict[str, dict[str, object]]] = {}


def results(kind: str, target: Target) -> dict[str, dict[str, object]]:
    """All attacks run once for each kind of wall, with a terminal as standard input."""
    require(kind)
    if kind not in _results:
        ours, theirs = pty.openpty()
        try:
            command = (*python_command(), f"{FOLDER}/attack.py", target.parameters())
            status, said = run_inside(target.order(kind, command), theirs)
        finally:
            os.close(ours)
            os.close(theirs)
        assert status == 0, said
        _results[kind] = json.loads(said)
    return _results[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_attack_is_refused(kind: str, target: Target) -> None:
    tried = results(kind, target)["attacks"]
    assert len(tried) > 130
    assert [name for name, what in tried.items() if what == "IN"] == []
    assert target.secret.read_text() == "the password"
    assert (target.model / "weights").read_bytes() == b"weights"


def test_the_attacks_are_real(target: Target, tmp_path: Path) -> None:
    """Without walls the harmless ones among them succeed."""
    code = f"""
import json, sys
sys.path.insert(0, {FOLDER!r})
import attack
wanted = set({sorted(REAL)!r})
chosen = [(name, work) for name, work in attack.attacks(json.loads(sys.argv[1])) if name in wanted]
attack.attacks = lambda given: iter(chosen)
attack._fill = lambda folder, megabytes: open({str(tmp_path / "fill")!r}, "wb").write(b"x" * 9_000_000)
print(json.dumps(attack.run({{}})))
"""
    said = subprocess.run(
        [*python_command(), "-c", code, target.parameters()], capture_output=True, check=True, timeout=60
    ).stdout
    assert {name for name, what in json.loads(said).items() if what == "IN"} == REAL


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_attack_starts_from(kind: str, target: Target) -> None:
    facts = results(kind, target)["facts"]
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"
    # 0, 1, 2, and the one that lists them.
    assert facts["descriptors"] == [0, 1, 2, 3]
    assert not [name for name in facts["environment"] if "SECRET" in name or "APPLIANCE" in name]
    if kind == "namespaces":
        assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_calls_of_another_instruction_set_kill(kind: str, target: Target) -> None:
    facts = results(kind, target)["facts"]
    if "int 0x80" not in facts:
        pytest.skip("only x86_64 has two others")
    assert (facts["int 0x80"], facts["x32"]) == ("SIGSYS", "SIGSYS")


@pytest.mark.parametrize("kind", KINDS)
def test_a_real_stage_process_cannot_get_out(kind: str, target: Target) -> None:
    require(kind)
    command = (*python_command(), f"{FOLDER}/attack.py", target.parameters())
    attacker = spec(command=command, read_only=(FOLDER, str(target.model)), limits=LIMITS)

    async def scenario() -> str:
        async with running(Ladder("limits", kind), attacker) as now:
            await now.ready()
            return now.status().detail

    assert asyncio.run(scenario()).endswith("succeeded: ")


WORK = {
    "threads": "import threading as t; a = t.Thread(target=print, args=('ok',)); a.start(); a.join()",
    "subprocess": "import subprocess; print(subprocess.run(['/bin/echo', 'ok'], capture_output=True).stdout)",
    "callbacks": "import ctypes; print(ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 7)(), 'ok')",
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(0)); print('ok')",
    "numpy": "import numpy; a = numpy.ones((200, 200)); print((a @ a).sum(), 'ok')",
    "onnxruntime": "import onnxruntime; print(onnxruntime.__version__, 'ok')",
    "vosk": "import vosk; vosk.SetLogLevel(-1); print('ok')",
    "pocketsphinx": "import pocketsphinx as p; print(p.get_model_path(), 'ok')",
    "llama_cpp": "import llama_cpp; llama_cpp.llama_backend_init(); print('ok')",
    "soundfile": "import soundfile, soxr, numpy as n; print(soxr.resample(n.zeros(9), 8, 16), 'ok')",
    "piper": "import piper; print('ok')",
    "sounddevice": "import sounddevice; sounddevice.query_devices(); print('ok')",
    "espeak": "import subprocess as s; s.run(['espeak-ng', '-w', '/dev/null', 'x'], check=True); print('ok')",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", WORK)
def test_engines_still_work(kind: str, what: str) -> None:
    require(kind)
    import importlib.util
    import shutil

    if what in {"llama_cpp", "piper", "vosk"} and importlib.util.find_spec(what) is None:
        pytest.skip(f"{what} is not installed")
    if what == "espeak" and shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    status, said = python(kind, WORK[what], sound_devices=what == "sounddevice")
    assert (status, "ok" in said) == (0, True), said


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_read_where_they_lie(kind: str, target: Target) -> None:
    require(kind)
    code = f"print(open({str(target.model / 'weights')!r}).read())"
    assert run_inside(target.order(kind, (*python_command(), "-c", code))) == (0, "weights\n")


@pytest.mark.parametrize("kind", KINDS)
def test_the_models_of_another_stage_are_not_there(kind: str, target: Target) -> None:
    require(kind)
    status, said = python(kind, f"open({str(target.model / 'weights')!r})")
    assert status == 1
    assert "Error" in said


def test_private_tmp_can_be_written() -> None:
    require("namespaces")
    code = "import tempfile; f = tempfile.NamedTemporaryFile(); f.write(b'x' * 1000); print(f.name)"
    status, said = python("namespaces", code)
    assert status == 0
    assert said.startswith("/tmp/")


def test_only_the_sound_stage_sees_sound_devices() -> None:
    require("namespaces")
    if not Path("/dev/snd").exists():
        pytest.skip("no /dev/snd on this machine")
    code = "import os; print(os.path.exists('/dev/snd'))"
    assert python("namespaces", code)[1] == "False\n"
    assert python("namespaces", code, sound_devices=True)[1] == "True\n"


@pytest.mark.parametrize("kind", KINDS)
def test_memory_ends_in_an_error_and_not_in_the_machine(kind: str) -> None:
    require(kind)
    code = "kept = []\nwhile True: kept.append(bytearray(16_000_000))"
    status, said = python(kind, code)
    assert status != 0
    assert "MemoryError" in said


def test_a_fork_bomb_of_a_service_user_is_refused_by_the_kernel() -> None:
    require("namespaces")
    code = """
import os, time
count = 0
try:
    while count < 500:
        if os.fork() == 0:
            time.sleep(30); os._exit(0)
        count += 1
except BlockingIOError:
    print("refused after", count < 20)
"""
    if os.geteuid() == 0:
        pytest.skip("the kernel exempts root from RLIMIT_NPROC; the supervisor counts instead")
    assert python("namespaces", code) == (0, "refused after True\n")


def test_a_missing_program_is_an_exit_status_and_no_traceback() -> None:
    require("namespaces")
    status, said = run_inside(Order(("/no/such/program",), LIMITS, "namespaces"))
    assert status == 127
    assert "Traceback" not in said


def test_a_missing_model_does_not_keep_a_stage_from_starting() -> None:
    require("namespaces")
    order = Order(("/bin/echo", "ok"), LIMITS, "namespaces", read_only=("/no/such model",))
    assert run_inside(order) == (0, "ok\n")


@pytest.mark.parametrize("kind", KINDS)
def test_it_dies_with_its_parent(kind: str) -> None:
    """A supervisor that is killed leaves no stage behind."""
    require(kind)
    code = f"""
import time
from appliance.config.model import Limits
from appliance.supervision import launch
limits = Limits(memory_max_mb=64, memory_high_mb=64)
launch.start(launch.Order(("/bin/sh", "-c", "echo up; exec sleep 60"), limits, {kind!r}))
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        started = time.monotonic()
        process.kill()
        # The end of the pipe comes when the last process that holds it is gone: the stage is one.
        assert process.stdout.read() == b""
    assert time.monotonic() - started < 30
