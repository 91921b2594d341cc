"""System packages: what is missing, and what is refused. Nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.tools.conftest import Shell

pytestmark = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="needs dpkg")


def test_only_what_dpkg_lacks_is_missing(shell: Shell) -> None:
    done = shell("not_installed no-such-package-b coreutils no-such-package-a bash")
    assert done.stdout.split() == ["no-such-package-a", "no-such-package-b"]


def test_nothing_is_missing_when_all_is_there(shell: Shell) -> None:
    done = shell("not_installed coreutils bash")
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("level", ["run", "test"])
def test_levels_name_the_packages_that_the_engines_need(level: str, shell: Shell) -> None:
    packages = set(shell(f"packages_of {level}").stdout.split())
    assert {
        "bubblewrap",
        "mosquitto",
        "libespeak-ng1",
        "libportaudio2",
        "libgomp1",
        "libseccomp2",
    } <= packages
    assert ("shellcheck" in packages) == (level == "test")


def test_compilers_are_wanted_for_the_build_only(shell: Shell) -> None:
    assert "build-essential" in shell("packages_of build").stdout.split()
    assert "build-essential" not in shell("packages_of test").stdout.split()


def test_an_unknown_level_is_an_error(shell: Shell) -> None:
    done = shell("packages_of everything")
    assert done.returncode == 1
    assert "no such level: everything" in done.stderr


def test_nothing_is_done_when_nothing_is_missing(shell: Shell, tmp_path: Path) -> None:
    done = shell("packages_of() { echo coreutils; }; install_packages run; echo done")
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert not (tmp_path / "cache/appliance/log").exists()


def as_ordinary_user(code: str, path: str) -> subprocess.CompletedProcess[str]:
    """The package functions in a bash without root's rights."""
    library = "".join((ROOT / "tools/lib" / name).read_text() for name in ("say.sh", "packages.sh"))
    drop = (
        [str(shutil.which("setpriv")), "--reuid=65534", "--regid=65534", "--clear-groups"]
        if os.geteuid() == 0
        else []
    )
    return subprocess.run(
        [*drop, "/bin/bash", "-euc", library + code],
        env={"PATH": path},
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def test_without_root_and_without_sudo_the_command_is_named(tmp_path: Path) -> None:
    done = as_ordinary_user("become_root_for bubblewrap mosquitto", str(tmp_path))
    assert done.returncode == 1
    assert "there is no sudo: bubblewrap mosquitto" in done.stderr
    assert "→ as root: apt-get install bubblewrap mosquitto" in done.stderr


def test_without_apt_the_packages_are_named(tmp_path: Path) -> None:
    done = as_ordinary_user("require_supported_system bubblewrap", str(tmp_path))
    assert done.returncode == 1
    assert "no apt-get" in done.stderr
    assert "bubblewrap" in done.stderr


def test_this_architecture_is_supported(shell: Shell) -> None:
    assert shell("require_supported_system").returncode == 0


@pytest.mark.parametrize(
    ("service", "status"),
    [("mosquitto", 101), ("mosquitto.service", 101), ("ssh", 0), ("mosquitto-extra", 0), ("", 0)],
)
def test_only_the_brokers_start_is_refused(service: str, status: int, shell: Shell, tmp_path: Path) -> None:
    """The policy as invoke-rc.d would run it."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text(shell("broker_policy").stdout)
    policy.chmod(0o755)
    assert subprocess.run([policy, service, "start"], check=False).returncode == status


def test_the_policy_is_written_and_taken_away(shell: Shell, tmp_path: Path) -> None:
    code = f"AS_ROOT=(); POLICY={tmp_path}/policy-rc.d; forbid_broker_start; cat $POLICY; allow_broker_start"
    assert "exit 101" in shell(code).stdout
    assert not (tmp_path / "policy-rc.d").exists()


def test_another_ones_policy_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    shell(f"AS_ROOT=(); POLICY={policy}; forbid_broker_start; allow_broker_start")
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"
