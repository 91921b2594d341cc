from __future__ import annotations

import itertools
import re
import shlex

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Limits
from appliance.errors import SandboxError
from appliance.supervision import sandbox
from appliance.supervision.sandbox import Layout, Plan

LIMITS = Limits(memory_max_mb=100, memory_high_mb=80, pids_max=8)
LAYOUT = Layout(
    read_only=("/usr", "/opt/appliance"),
    listed=("/opt/src",),
    symlinks=(("usr/bin", "/bin"),),
    sound=("/dev/snd",),
    sound_settings=("/etc/alsa",),
)
PLAN = Plan(
    ("/usr/bin/true", "a b"), sandbox.environment(2), LIMITS, ("/data/my model", "/usr/share/m"), seccomp_fd=5
)


def pairs(arguments: list[str], option: str) -> list[tuple[str, str]]:
    return [(arguments[at + 1], arguments[at + 2]) for at, word in enumerate(arguments) if word == option]


def test_nothing_is_shared_and_nothing_can_be_written() -> None:
    line = sandbox.bubblewrap(LAYOUT, PLAN)
    for kind in ("user", "pid", "net", "ipc", "uts", "cgroup"):
        assert f"--unshare-{kind}" in line
    for option in ("--disable-userns", "--die-with-parent", "--new-session", "--clearenv"):
        assert option in line
    assert not [
        word for word in line if word in {"--bind", "--bind-try", "--dev-bind", "--share-net", "--cap-add"}
    ]
    assert all(source == target for source, target in pairs(line, "--ro-bind"))
    assert line[line.index("--cap-drop") + 1] == "ALL"
    assert line[line.index("--remount-ro") + 1] == "/proc/sys"
    assert ("--remount-ro", "/") in list(itertools.pairwise(line))
    assert line[-1] == "--"


def test_every_writable_tree_has_a_size() -> None:
    line = sandbox.bubblewrap(LAYOUT, PLAN)
    for at, word in enumerate(line):
        if word == "--tmpfs":
            assert line[at - 2] == "--size"
            assert int(line[at - 1]) <= sandbox.TMP_BYTES


def test_models_are_shown_after_tmp_and_not_twice() -> None:
    line = sandbox.bubblewrap(LAYOUT, msgspec.structs.replace(PLAN, read_only=("/tmp/m", "/usr/share/m")))
    assert line.index("/tmp/m") > line.index("/tmp")
    assert "/usr/share/m" not in line


def test_a_checkout_below_tmp_is_not_hidden_by_the_private_tmp() -> None:
    layout = msgspec.structs.replace(LAYOUT, read_only=("/usr", "/tmp/checkout/.venv"))
    line = sandbox.filesystem(layout, PLAN)
    assert line.index("/tmp") < line.index("/tmp/checkout/.venv")


def test_only_the_sound_stage_gets_the_sound_devices() -> None:
    assert "/dev/snd" not in sandbox.with_bubblewrap(LAYOUT, PLAN)
    sound = msgspec.structs.replace(PLAN, sound_devices=True)
    line = sandbox.with_bubblewrap(LAYOUT, sound)
    assert pairs(line, "--dev-bind") == [("/dev/snd", "/dev/snd")]
    assert ("/etc/alsa", "/etc/alsa") in pairs(line, "--ro-bind")
    helper = ["python", "confine.py"]
    assert "/dev/snd" not in sandbox.with_landlock(LAYOUT, PLAN, helper, landlock=True)
    assert "/dev/snd" in sandbox.with_landlock(LAYOUT, sound, helper, landlock=True)


def test_seccomp_is_loaded_when_there_is_a_program() -> None:
    line = sandbox.bubblewrap(LAYOUT, PLAN)
    assert line[line.index("--seccomp") + 1] == "5"
    assert "--seccomp" not in sandbox.bubblewrap(LAYOUT, msgspec.structs.replace(PLAN, seccomp_fd=-1))


def test_landlock_names_all_that_may_be_read_and_the_parent() -> None:
    plan = msgspec.structs.replace(PLAN, parent=42)
    line = sandbox.with_landlock(LAYOUT, plan, ["python", "confine.py"], landlock=True)
    read = [line[at + 1] for at, word in enumerate(line) if word == "--read"]
    assert set(read) == {"/usr", "/opt/appliance", "/bin", "/data/my model", "/usr/share/m"}
    assert line[line.index("--parent") + 1] == "42"
    assert line[line.index("--") + 1 :] == list(PLAN.command)
    assert "--read" not in sandbox.with_landlock(LAYOUT, plan, ["python", "confine.py"], landlock=False)


def test_limits_go_to_the_shells_in_their_units() -> None:
    line = sandbox.enter(msgspec.structs.replace(PLAN, cgroup_procs="/cg/wake.1/cgroup.procs"), ["cmd"])
    data_kib = (100 + 8 * 8) * 1024
    assert line[4:] == ["256", "32768", str(data_kib), "/cg/wake.1/cgroup.procs", "0", "cmd"]
    assert sandbox.inside(PLAN)[3:] == ["inside", "10", "/usr/bin/true", "a b"]


def test_no_limit_is_asked_for_that_this_process_has_not_got() -> None:
    low = msgspec.structs.replace(PLAN, rlimit_ceilings=(64, 1_000, 2_000))
    assert sandbox.rlimits(low) == (64, 1_000, 2_000)


def test_the_environment_is_fixed_and_telemetry_is_off() -> None:
    found = sandbox.environment(3)
    assert found["ORT_DISABLE_TELEMETRY"] == "1"
    assert found["OMP_NUM_THREADS"] == "3"
    assert found["HOME"] == "/tmp"
    assert not [name for name in found if "TOKEN" in name or "PASSWORD" in name or "APPLIANCE" in name]


@pytest.mark.parametrize(
    "path",
    ["/", "//", "/.", "/etc", "/etc/shadow", "/proc/1/root", "/sys", "/dev/mem", "/run/x", "/home", "/root",
     "/var", "/data/../etc/passwd", "relative/model", "", "/a\0b", "/var/lib",
     "/var/lib/appliance", "/srv/me", "/tmp/"],
)  # fmt: skip
def test_a_path_that_shows_more_than_models_is_refused(path: str) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.checked_models([path], ("/var/lib/appliance", "/srv/me"))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/var/lib/appliance/models/a b", "/var/lib/appliance/models/a b"),
        ("//data//m/", "/data/m"),
        ("/srv/me/model.onnx", "/srv/me/model.onnx"),
        ("/tmp/x/--bind", "/tmp/x/--bind"),
        ("/data/new\nline", "/data/new\nline"),
    ],
)
def test_a_models_path_may_be_strange(path: str, clean: str) -> None:
    assert sandbox.checked_models([path, path], ("/var/lib/appliance", "/srv/me")) == (clean,)


@given(st.text(min_size=1, max_size=40))
def test_whatever_passes_is_absolute_and_outside_the_forbidden(text: str) -> None:
    try:
        (clean,) = sandbox.checked_models(["/" + text])
    except SandboxError:
        return
    assert clean.startswith("/")
    assert ".." not in clean.split("/")
    assert not re.match(r"^/(proc|sys|dev|etc|run|boot)(/|$)", clean)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8))
def test_what_is_shown_can_be_pasted_into_a_shell(arguments: list[str]) -> None:
    arguments = [word.replace("\0", "") for word in arguments]
    assert shlex.split(sandbox.copy_pasteable(arguments).replace(" \\\n", " ")) == [
        word.replace(" \\\n", " ") for word in arguments
    ]


def test_python_is_shown_with_its_links_but_not_their_neighbours() -> None:
    trees, hops = sandbox.python_trees(
        "/srv/venv/bin/python",
        "/srv/venv",
        "/opt/py",
        [("/opt/me/bin/py", "/srv/venv/bin/python"), ("x", "/opt/me/bin/py")],
    )
    assert trees == ["/srv/venv", "/opt/py"]
    assert hops == [("x", "/opt/me/bin/py")]
    assert sandbox.python_trees("/usr/bin/python3", "/usr", "/usr", []) == ([], [])


@pytest.mark.parametrize("prefix", ["/", "/home", "/etc/python"])
def test_a_python_that_lives_among_other_things_is_refused(prefix: str) -> None:
    with pytest.raises(SandboxError, match="more than Python"):
        sandbox.python_trees("/x", prefix, "/usr", [])


def test_only_what_exists_is_shown(tmp_path) -> None:
    (tmp_path / "a b").touch()
    assert sandbox.existing([str(tmp_path / "a b"), str(tmp_path / "no")]) == (str(tmp_path / "a b"),)
