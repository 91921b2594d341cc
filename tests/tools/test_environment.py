"""When .venv is as the checkout wants it. A checkout of its own stands in for this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.conftest import Shell


@pytest.fixture
def checkout(tmp_path: Path) -> str:
    """Code that points the library at a small checkout with a finished environment for runs."""
    root = tmp_path / "checkout"
    commands = root / ".venv/bin"
    commands.mkdir(parents=True)
    for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
        (root / name).write_text(f"# {name}\n")
    for name in ("appliance", "python"):
        (commands / name).write_text("#!/bin/sh\n")
        (commands / name).chmod(0o755)
    return f"""
        ROOT={root} VENV={root}/.venv STAMP={root}/.venv/.appliance-setup
        stamp() {{ printf 'level=%s\\nkey=%s\\n' "$1" "${{2:-$(environment_key)}}" >"$STAMP"; }}
        ready() {{ if environment_ready "$1"; then echo ready; else echo stale; fi; }}
    """


@pytest.mark.parametrize(
    ("made", "wanted", "answer"),
    [("run", "run", "ready"), ("test", "test", "ready"), ("test", "run", "ready"), ("run", "test", "stale")],
)
def test_an_environment_for_tests_serves_runs(
    made: str, wanted: str, answer: str, shell: Shell, checkout: str
) -> None:
    assert shell(f"{checkout} stamp {made}; ready {wanted}").stdout == f"{answer}\n"


def test_without_a_stamp_nothing_is_ready(shell: Shell, checkout: str) -> None:
    assert shell(f"{checkout} ready run").stdout == "stale\n"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock", "pyproject.toml"])
def test_a_changed_file_makes_it_stale(name: str, shell: Shell, checkout: str) -> None:
    assert shell(f"{checkout} stamp run; echo more >>$ROOT/{name}; ready run").stdout == "stale\n"


def test_another_interpreter_makes_it_stale(shell: Shell, checkout: str) -> None:
    code = f"{checkout} stamp run; system_python() {{ echo /usr/bin/python3.99; }}; ready run"
    assert shell(code).stdout == "stale\n"


def test_a_moved_checkout_makes_it_stale(shell: Shell, checkout: str) -> None:
    code = f"""{checkout}
        stamp run
        mv $ROOT $ROOT.2; ROOT+=.2; VENV=$ROOT/.venv STAMP=$ROOT/.venv/.appliance-setup
        ready run
    """
    assert shell(code).stdout == "stale\n"


def test_an_interrupted_set_up_is_stale_and_not_mended_in_place(shell: Shell, checkout: str) -> None:
    code = f"""{checkout}
        find_python; ln -sf "$PYTHON" "$VENV/bin/python"; mkdir -p "$VENV/lib/${{PYTHON##*/}}/site-packages"
        stamp run; environment_usable && echo usable
        stamp run unfinished; ready run; environment_usable || echo anew
    """
    assert shell(code).stdout.split() == ["usable", "stale", "anew"]


def test_an_environment_of_another_interpreter_is_made_anew(shell: Shell, checkout: str) -> None:
    code = f"{checkout} find_python; stamp run; environment_usable || echo anew"
    assert shell(code).stdout == "anew\n"


def test_the_key_stays_while_nothing_changes(shell: Shell, checkout: str) -> None:
    first, second = shell(f"{checkout} environment_key; environment_key").stdout.split()
    assert first == second
    assert len(first) == 32


def test_two_set_ups_wait_for_each_other(shell: Shell) -> None:
    """The second begins when the first has ended, and says that it waits."""
    code = """
        order=$CACHE/order; mkdir -p "$CACHE"; mkfifo "$CACHE/go"
        ( take_setup_lock; echo taken >&2; cat "$CACHE/go" >/dev/null; echo first >>"$order" ) &
        while flock -n "$CACHE/setup.lock" true; do sleep 0.05; done
        ( take_setup_lock 2>"$CACHE/words"; echo second >>"$order" ) &
        until grep -q waiting "$CACHE/words" 2>/dev/null; do sleep 0.05; done
        echo >"$CACHE/go"
        wait
        cat "$order"
    """
    assert shell(code).stdout.split() == ["first", "second"]


def test_a_released_lock_is_free(shell: Shell) -> None:
    assert (
        shell('take_setup_lock; release_setup_lock; flock -n "$CACHE/setup.lock" echo free').stdout
        == "free\n"
    )


def test_a_cache_that_cannot_be_written_is_named(shell: Shell) -> None:
    done = shell("take_setup_lock", XDG_CACHE_HOME="/proc/nowhere")
    assert done.returncode == 1
    assert "/proc/nowhere/appliance cannot be written" in done.stderr
    assert "XDG_CACHE_HOME" in done.stderr
