from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.supervision import confine, landlock

needed = pytest.mark.skipif(landlock.abi() < 1, reason="this kernel has no Landlock")


def inside(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-c", f"from appliance.supervision import landlock\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("abi", "rights", "size"),
    [(0, 0, 8), (1, 0x1FFF, 8), (2, 0x3FFF, 8), (3, 0x7FFF, 8), (4, 0x7FFF, 16),
     (5, 0xFFFF, 16), (6, 0xFFFF, 24), (9, 0xFFFF, 24)],
)  # fmt: skip
def test_each_version_of_the_kernel_gets_what_it_knows(abi: int, rights: int, size: int) -> None:
    assert landlock.fs_rights(abi) == rights
    assert landlock.ruleset_bytes(abi) == size


@needed
def test_only_what_is_named_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open/file").write_text("seen")
    (tmp_path / "shut").write_text("not seen")
    code = f"""
folder = {str(tmp_path)!r}
landlock.restrict(["/usr", "/proc/self", folder + "/open", "/no/such path"], [folder], [])
print(open({str(tmp_path / "open/file")!r}).read())
import os
print(sorted(os.listdir({str(tmp_path)!r})))
for attempt in (lambda: open({str(tmp_path / "shut")!r}), lambda: open({str(tmp_path / "open/new")!r}, "w")):
    try:
        attempt()
    except PermissionError:
        print("refused")
"""
    said = inside(code)
    assert said.stdout == "seen\n['open', 'shut']\nrefused\nrefused\n", said.stderr


@needed
def test_a_single_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("seen")
    name = str(tmp_path / "a file")
    said = inside(f"landlock.restrict([{name!r}], [], [])\nprint(open({name!r}).read())")
    assert said.stdout == "seen\n", said.stderr


@needed
def test_in_a_scratch_folder_files_can_be_made_and_nothing_else(tmp_path: Path) -> None:
    for name in ("scratch", "shut"):
        (tmp_path / name).mkdir()
    code = f"""
landlock.restrict(["/usr", "/proc/self"], [], [], [{str(tmp_path / "scratch")!r}])
import os, shutil, socket, tempfile
folder = tempfile.mkdtemp(dir={str(tmp_path / "scratch")!r})
open(folder + "/file", "w").write("made")
os.symlink("/usr", folder + "/link")
print(open(folder + "/file").read())
for attempt in (
    lambda: os.mkfifo(folder + "/fifo"),
    lambda: os.link(folder + "/file", {str(tmp_path / "shut/file")!r}),
    lambda: open({str(tmp_path / "shut/new")!r}, "w"),
    lambda: os.execv(folder + "/file", ["file"]),
):
    try:
        attempt()
    except OSError:
        print("refused")
shutil.rmtree(folder)
print(os.listdir({str(tmp_path / "scratch")!r}))
"""
    said = inside(code)
    assert said.stdout == "made\n" + 4 * "refused\n" + "[]\n", said.stderr


def test_a_scratch_folder_is_empty_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("not ours")
    folder = tmp_path / "run" / "scratch"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "file").write_text("left behind")
    (folder / "deep" / "link").symlink_to(tmp_path)
    confine.empty(str(folder))
    assert list(folder.iterdir()) == []
    assert (tmp_path / "kept").read_text() == "not ours"
    confine.empty(str(tmp_path / "fresh"))
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o700


def test_a_dead_parent_is_noticed() -> None:
    said = inside(f"landlock.die_with({os.getpid() + 1})")
    assert "the supervisor died meanwhile" in said.stderr
    assert inside(f"landlock.die_with({os.getpid()})").returncode == 0


def test_the_helpers_options_are_strict() -> None:
    options, command = confine.parse(
        ["--read", "/a", "--read", "/b c", "--seccomp", "5", "--", "run", "--", "x"]
    )
    assert (options["--read"], options["--seccomp"], command) == (["/a", "/b c"], ["5"], ["run", "--", "x"])
    for bad in (["--read", "--", "x"], ["--bogus", "1", "--", "x"], ["--read", "/a"]):
        with pytest.raises(ValueError):  # noqa: PT011 any of them
            confine.parse(bad)


@pytest.mark.parametrize("bad", [["--"], ["--seccomp", "x", "--", "true"], ["--", "/no/such/program"], []])
def test_the_helper_fails_with_a_sentence(bad: list[str]) -> None:
    command = [sys.executable, "-I", "-S", "-B", confine.__file__, *bad]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == confine.EXIT_UNCONFINED
    assert said.stderr.startswith("confine: ")
    assert "Traceback" not in said.stderr
