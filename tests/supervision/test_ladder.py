from __future__ import annotations

import itertools

import pytest

from appliance.config.model import Config, Sandbox
from appliance.errors import SandboxError
from appliance.supervision import ladder as rungs
from appliance.supervision.ladder import LEVELS, Finding, Ladder, decide, require

YES, NO = Finding(), Finding("it does not work", "mend it")


@pytest.mark.parametrize(
    ("namespaces", "landlocked", "filtered", "groups", "expected"),
    [
        (YES, NO, NO, YES, ("full", "namespaces")),
        (YES, NO, NO, NO, ("limits", "namespaces")),
        (NO, YES, NO, YES, ("landlock", "landlock")),
        (NO, YES, NO, NO, ("limits", "landlock")),
        (NO, NO, YES, YES, ("none", "seccomp")),
        (NO, NO, YES, NO, ("none", "seccomp")),
        (NO, NO, NO, YES, ("none", "nothing")),
        (NO, NO, NO, NO, ("none", "nothing")),
    ],
)
def test_the_rung_follows_from_the_findings(namespaces, landlocked, filtered, groups, expected) -> None:
    assert decide(namespaces, landlocked, filtered, groups) == expected


@pytest.mark.parametrize(("level", "minimum"), itertools.product(LEVELS, LEVELS))
def test_a_level_below_the_minimum_is_refused(level, minimum) -> None:
    here = Ladder(level, "namespaces", None, ("there is no such kernel",), "take another kernel")
    if LEVELS.index(level) <= LEVELS.index(minimum):
        require(here, minimum)
    else:
        with pytest.raises(SandboxError) as caught:
            require(here, minimum)
        assert "there is no such kernel" in caught.value.message
        assert caught.value.hint == "take another kernel"


def test_the_probe_tries_this_machine() -> None:
    found = rungs.probe(Config())
    assert found.level in LEVELS
    assert (found.level == "full") == (found.reasons == ())
    require(found, found.level)


def test_a_wrong_cgroup_folder_is_a_reason_and_not_the_end() -> None:
    found = rungs.probe(Config(sandbox=Sandbox(cgroup="/no/such folder")))
    assert found.subtree is None
    assert any("/no/such folder" in reason for reason in found.reasons)


def test_without_bubblewrap_the_reason_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = rungs.probe(Config())
    assert found.confinement != "namespaces"
    assert found.reasons[0] == "bubblewrap is not installed"
    assert found.hint == "sudo apt install bubblewrap"


def test_one_level_can_be_looked_at(ladder: Ladder) -> None:
    assert rungs.only(ladder, "limits").confinement == ladder.confinement
    assert rungs.only(ladder, "none").confinement == "seccomp"
    with pytest.raises(SandboxError, match="needs delegated cgroup v2"):
        rungs.only(ladder, "full")
