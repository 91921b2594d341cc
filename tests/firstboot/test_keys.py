from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import keys
from appliance.firstboot.errors import Fault

GOOD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHk1mZ5m4rVfVh0hSxYq1l0TzN1C1o2bJ3vXyQm7n2pB me@desk"


def test_keys_with_options_and_comments_are_taken() -> None:
    text = f'# mine\n{GOOD}\nrestrict,command="echo ssh hi" {GOOD}\n'
    assert len(keys.parse(text)) == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "no key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", 1, "private key"),
        ("\nhello there", 2, "no SSH key"),
        ("ssh-ed25519 AAAAC3NzaC1l*", 1, "no SSH key"),
        ("ssh-ed25519 AAAAC3NzaC1", 1, "damaged"),
        ("ssh-dss AAAAB3NzaC1kc3M=", 1, "no SSH key"),
        (GOOD.replace("ssh-ed25519", "ssh-rsa"), 1, "damaged"),
    ],
)
def test_a_fault_has_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(Fault) as caught:
        keys.parse(text)
    assert (caught.value.line, words in caught.value.message) == (line, True)


@given(st.text(max_size=120))
def test_any_text_is_keys_or_a_fault(text: str) -> None:
    with contextlib.suppress(Fault):
        assert keys.parse(text)


def test_a_key_is_there_once() -> None:
    assert keys.merged((GOOD,), (GOOD, "x")) == f"{GOOD}\nx\n"


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-b", "2048"), ("ecdsa", "-b", "256")])
def test_real_keys_are_taken(tmp_path: Path, kind: tuple[str, ...]) -> None:
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", tmp_path / "id", "-t", *kind], check=True)
    line = (tmp_path / "id.pub").read_text().strip()
    assert keys.parse(line) == (line,)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_a_short_rsa_key_is_not_taken(tmp_path: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-f", tmp_path / "id", "-t", "rsa", "-b", "1024"], check=True
    )
    with pytest.raises(Fault, match="too short"):
        keys.parse((tmp_path / "id.pub").read_text())
