"""What an own broker is given."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest

from appliance.home import mosquitto
from appliance.home.mosquitto import User


def test_rights_list_only_what_is_allowed():
    users = [User("a", "x", both=("#",)), User("demo", "y", read=("ha/status",), write=("ha/#",))]
    assert mosquitto.rights(users).split("\n") == [
        "user a", "topic readwrite #", "", "user demo", "topic read ha/status", "topic write ha/#", "",
    ]  # fmt: skip


def test_the_hash_is_the_one_that_mosquitto_itself_makes(tmp_path):
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed: apt-get install mosquitto")
    file = tmp_path / "passwords"
    file.write_text("me:correct horse\n")
    file.chmod(0o600)
    subprocess.run([program, "-U", str(file)], check=True, capture_output=True)
    name, _, theirs = file.read_text().strip().partition(":")
    assert name == "me"
    _, kind, rounds, salt, _ = theirs.split("$")
    assert (kind, int(rounds)) == ("7", mosquitto.HASH_ROUNDS)
    assert mosquitto.hashed("correct horse", base64.b64decode(salt)) == theirs


def test_configuration_is_for_loopback_and_bounded():
    lines = mosquitto.configuration(1234, 5_000).splitlines()
    assert "listener 1234 127.0.0.1" in lines
    assert "allow_anonymous false" in lines
    assert "max_packet_size 5000" in lines


def test_the_command_line_holds_no_secret_and_is_nobody():
    words = mosquitto.argv("/bin/setpriv", "/sbin/mosquitto", (103, 106))
    assert words[-3:] == ["/sbin/mosquitto", "-c", "mosquitto.conf"]
    assert words[words.index("--reuid") + 1] == "103"
    assert "--reuid" not in mosquitto.argv("/bin/setpriv", "/sbin/mosquitto", None)


def test_a_user_never_shows_its_password():
    assert "hunter2" not in repr(User("me", "hunter2"))
