"""Every command in the documentation is run, or it is said here why not, and then it is at least parsed."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.__main__ import parser
from appliance.serve import demonstration_house
from tests.appliances import Running, environment
from tests.checkout import ROOT
from tests.docs.commands import Said, everything

BIN = ROOT / ".venv" / "bin"
SECONDS = 100
SETTINGS = {"WAKE__ENGINE": "microwakeword"}


class Rule(msgspec.Struct, frozen=True):
    """What the beginning of a command says of it."""

    begins: str
    reason: str


ONLY_PARSED = (
    Rule(
        r"sudo tools/(flash|image) ",
        "erases a disk, or builds an image for half an hour: its options are looked up",
    ),
    Rule(
        r"tools/[a-z]", "for who changes the program: sets a checkout up, fetches, measures, builds for hours"
    ),
    Rule(r"PAGE_PICTURES=\S+ tools/test", "the tests of the page, which run by themselves"),
    Rule(r"sudo (apt-get|systemctl|-u) ", "changes the machine"),
    Rule(r"(journalctl|timedatectl|cat /run/)", "of a machine with systemd, and of units that run there"),
    Rule(r"(arecord|aplay) ", "of a machine with a sound card"),
    Rule(r"man -l", "shows a page, which tests/commandline/test_manual.py looks at"),
    Rule(r"\.venv/bin/ruff", "writes into the checkout: tests/test_linters.py runs the same"),
    Rule(r"shellcheck", "tests/test_linters.py runs the same"),
    Rule(r"curl ", "tests/web/test_document.py runs each at a real server"),
    Rule(r"(mkdir -p image/keys|ukify|sbsign|sbverify)", "signs with keys that only who builds an image has"),
    Rule(r"install -m 600", "waits for what is pasted"),
    Rule(
        r"\.venv/bin/appliance selftest --",
        "half a minute each: tests/cli/test_selftest.py; one of them is run here",
    ),
    Rule(r"zstd -d", "unpacks an image of gigabytes"),
)
FOREVER = re.compile(r"appliance (logs .*--follow|dev\b)")
"""Ended by Ctrl+C; their exit status says that it was no error."""
FAILS = {
    "appliance doctor": "1: this machine may lack something, which is what it says",
    "appliance wake": "1: the wake word may not be in a synthetic voice's sentence",
}
QUIET = re.compile(r"appliance (logs|audit) .*--")
"""There may be nothing to show."""
TYPED = {"appliance person pin set": "739152\n739152\n", "appliance audit clear": "y\n"}
"""What a person types."""


def own(text: str) -> str:
    """The same command without the folder before it."""
    return re.sub(r"^\.venv/bin/", "", text)


def rule(said: Said) -> Rule | None:
    found = [each for each in ONLY_PARSED if re.match(each.begins, said.text)]
    assert len(found) < 2, f"{said.where} fits {found}"
    return found[0] if found else None


COMMANDS = everything()
RUN = list({own(said.text): said for said in reversed(COMMANDS) if rule(said) is None}.values())[::-1]
"""Each once, where it is said first."""
PARSED = [said for said in COMMANDS if rule(said) is not None]


def test_there_are_commands() -> None:
    assert len(RUN) > 40
    assert len(PARSED) > 30


def test_every_command_is_of_the_appliance_or_has_a_reason() -> None:
    assert [said.where for said in RUN if not own(said.text).startswith("appliance ")] == []


@pytest.mark.parametrize("each", ONLY_PARSED, ids=lambda each: each.begins)
def test_every_reason_is_needed(each: Rule) -> None:
    assert each.reason
    assert any(re.match(each.begins, said.text) for said in COMMANDS)


# --- parsed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", PARSED, ids=lambda said: said.where)
def test_bash_can_read_it(said: Said) -> None:
    done = subprocess.run(["bash", "-n"], input=said.text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "said", [said for said in PARSED if re.search(r"(^|\s)tools/", said.text)], ids=lambda said: said.where
)
def test_tools_and_their_options_are_there(said: Said) -> None:
    words = shlex.split(said.text)
    at = next(index for index, word in enumerate(words) if word.startswith("tools/"))
    if words[0] == "shellcheck":
        assert all((ROOT / word).exists() for word in words[at:])
        return
    if words[at] == "tools/test":
        return  # its arguments are pytest's
    tool, options = (
        ROOT / words[at],
        [word.split("=")[0] for word in words[at + 1 :] if word.startswith("--")],
    )
    assert os.access(tool, os.X_OK)
    text = _source(tool)
    for option in options:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{tool.name} knows no {option}"


def _source(tool: Path) -> str:
    """Of the tool, and of what is called like it or run by it: none is run, for some would begin to build."""
    own = tool.read_text(encoding="utf-8", errors="replace")
    names = (tool.name, tool.name.replace("-", "_"), *re.findall(r"-m (\w+)", own))
    near = [path for path in tool.parent.iterdir() if path.name.startswith(names)]
    near += [path for folder in near if folder.is_dir() for path in folder.rglob("*.*")]
    near += [path for path in (tool.parent / "lib").rglob("*") if path.parent.name == tool.name]
    return own + "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in near if path.is_file()
    )


@pytest.mark.parametrize(
    "said",
    [said for said in PARSED if "systemctl" in said.text or "--unit" in said.text],
    ids=lambda said: said.where,
)
def test_units_are_there(said: Said) -> None:
    for unit in re.findall(r"[\w-]+\.(?:service|timer|path|socket)", said.text):
        assert (ROOT / "systemd" / unit).exists(), unit


@pytest.mark.parametrize(
    "said",
    [said for said in COMMANDS if own(said.text).startswith("appliance ")],
    ids=lambda said: said.where,
)
def test_the_parser_takes_it(said: Said) -> None:
    words = shlex.split(re.split(r"\s[<>|]", own(said.text))[0])
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            parser().parse_args(words[1:])
    except SystemExit:
        pytest.fail(told.getvalue())


# --- run ----------------------------------------------------------------------------------------------------


class Home:
    """A whole appliance, and a person's home folder with what the pages speak of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.running = Running(self.data, "--house", str(demonstration_house()), **SETTINGS)
        (folder / "house.json").write_text(_house(), encoding="utf-8")
        (folder / "own.yaml").write_text(_yaml(), encoding="utf-8")
        (folder / ".venv").symlink_to(ROOT / ".venv")
        program = folder / "bin" / "appliance"
        program.parent.mkdir()
        program.symlink_to(BIN / "appliance")

    def variables(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return environment(self.data, **SETTINGS) | {"HOME": str(self.folder), "PATH": path, "COLUMNS": "200"}

    def run(self, said: Said) -> subprocess.CompletedProcess[str]:
        typed = next((text for begins, text in TYPED.items() if own(said.text).startswith(begins)), "")
        command = said.text.replace("/tmp/", f"{self.folder}/")
        return subprocess.run(
            ["bash", "-ec", command], cwd=self.folder, env=self.variables(), input=typed, capture_output=True,
            text=True, check=False, timeout=SECONDS,
        )  # fmt: skip

    def interrupted(self, said: Said) -> int:
        """Run it until it says something, then press Ctrl+C; its exit status."""
        child = subprocess.Popen(
            shlex.split(own(said.text)), cwd=self.folder, env=self.variables(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            assert child.stdout is not None
            assert child.stdout.readline()
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=SECONDS)
            return child.returncode
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _house() -> str:
    """The demonstration's, with an upper floor."""
    house = json.loads(demonstration_house().read_text(encoding="utf-8"))
    house["floors"] = [{"id": "upstairs", "name": "Upstairs", "aliases": []}]
    for area in house["areas"]:
        area["floor"] = "upstairs" if area["id"] == "bedroom" else None
    return json.dumps(house)


def _yaml() -> str:
    page = (ROOT / "docs" / "own-sentences.md").read_text(encoding="utf-8")
    found = re.search(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    try:
        asyncio.run(made.running.until(lambda status: status["listening"] and status["home"]["entities"] > 0))
        yield made
    finally:
        made.running.close()


@pytest.mark.slow
@pytest.mark.parametrize("said", RUN, ids=lambda said: said.where)
def test_it_works(home: Home, said: Said) -> None:
    if FOREVER.search(said.text):
        assert home.interrupted(said) in {0, 130}
        return
    done = home.run(said)
    assert "Traceback" not in done.stderr
    reason = next((why for begins, why in FAILS.items() if own(said.text).startswith(begins)), "")
    allowed = {0, int(reason[0])} if reason else {0}
    assert done.returncode in allowed, f"{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"
    assert done.stdout or ">" in said.text or QUIET.search(said.text)


@pytest.mark.slow
def test_own_sentences_mean_what_the_page_says(home: Home) -> None:
    for said in RUN:
        if said.page == "docs/own-sentences.md" and "understand" in said.text:
            assert "light.kitchen_light" in home.run(said).stdout, said.text
