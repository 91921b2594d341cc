from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import drop
from appliance.firstboot.drop import Finding, Plan
from tests.firstboot.test_keys import GOOD

WIFI = b"ssid = Home\npassword = correct horse\ncountry = DE\n"
CUSTOM = f"""config_version = 1
[system]
hostname = "rpi"
[user]
name = "pi"
password = "$5$x"
password_encrypted = true
[ssh]
enabled = true
authorized_keys = ["{GOOD}"]
[wlan]
ssid = "Home"
password = "correct horse"
password_encrypted = false
hidden = false
country = "DE"
""".encode()
PROFILE = b"[connection]\nid=x\ntype=wifi\n[wifi]\nssid=Home\n"


def judged(files: dict[str, bytes], before: dict[str, str] | None = None) -> Plan:
    return drop.plan(files, before or {}, lambda text: [] if "good" in text else [bad()])


def bad() -> Finding:
    return Finding("appliance.toml", False, "language: 5 is not text", "see the list", 3)


def test_everything_good_is_taken() -> None:
    plan = judged(
        {
            "appliance.toml": b"# good\n", "wifi.txt": WIFI, "authorized_keys": GOOD.encode(),
            "claim-code": b"Abcd-2345\n", "mine.nmconnection": PROFILE, "holiday.jpg": b"\xff",
        }
    )  # fmt: skip
    assert set(plan.taken) == {
        "appliance.toml", "wifi.txt", "authorized_keys", "claim-code", "mine.nmconnection",
    }  # fmt: skip
    assert plan.outputs[drop.CONFIG] == "# good\n"
    assert plan.outputs[drop.KEYS] == f"{GOOD}\n"
    assert plan.outputs[drop.COUNTRY] == "DE\n"
    assert len([path for path in plan.outputs if path.startswith("network/")]) == 2
    assert plan.claim_code == "ABCD2345"
    assert all(finding.ok for finding in plan.findings)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("WIFI.TXT", "wifi"), ("wifi.txt.txt", "wifi"), ("wifi.toml", "wifi"),
        ("Authorized_Keys.txt", "keys"),
        ("claim-code.txt", "claim"), ("appliance.toml.txt", "config"), ("custom.toml", "imager"),
        ("a.nmconnection.txt", "profile"), ("cmdline.txt", ""), ("config.txt", ""), ("setup-report.txt", ""),
        ("appliance.toml~", ""), (".txt", ""),
    ],
)  # fmt: skip
def test_names_are_understood_as_windows_leaves_them(name: str, kind: str) -> None:
    assert drop.kind_of(name) == kind


def test_a_bad_file_stays_and_the_good_ones_are_taken() -> None:
    plan = judged({"appliance.toml": b"language = 5", "wifi.txt": WIFI})
    assert set(plan.taken) == {"wifi.txt"}
    assert drop.CONFIG not in plan.outputs
    assert [each for each in plan.findings if not each.ok] == [bad()]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("wifi.txt", b"ssid = x\npassword = short", 2),
        ("wifi.toml", b"ssid = 5", 0),
        ("wifi.toml", b"ssid = 'a'\npasswort = 'b'", 0),
        ("authorized_keys", b"\nhello", 2),
        ("claim-code", b"12345", 0),
        ("claim-code", b"111111", 0),
        ("custom.toml", b"config_version = 2", 0),
        ("custom.toml", b"config_version = 1\n[wlan]\nssid = 1", 0),
        ("custom.toml", b"config_version = [", 0),
        ("x.nmconnection", b"[connection]\ntype=vpn", 2),
        ("x.nmconnection", b"type=wifi", 1),
        ("x.nmconnection", b"[connection]\ntype=wifi", 0),
        ("x.nmconnection", PROFILE + b"[connection]\nuuid=nonsense", 7),
        ("wifi.txt", b"\xff\xfe\xff", 0),
        ("wifi.txt", b"x" * (drop.MAX_FILE_BYTES + 1), 0),
    ],
)
def test_a_fault_is_found_with_hint_and_nothing_is_taken(name: str, content: bytes, line: int) -> None:
    plan = judged({name: content})
    (finding,) = plan.findings
    assert (finding.file, finding.ok) == (name, False)
    assert finding.hint
    assert not plan.outputs
    assert not plan.taken
    assert not plan.claim_code
    if line:
        assert finding.line == line


def test_what_raspberry_pi_imager_writes_is_taken() -> None:
    plan = judged({"custom.toml": CUSTOM})
    assert plan.outputs[drop.KEYS] == f"{GOOD}\n"
    assert plan.outputs[drop.COUNTRY] == "DE\n"
    (path,) = [path for path in plan.outputs if path.startswith("network/")]
    assert "psk=correct horse" in plan.outputs[path]
    assert sum("is not used" in finding.message for finding in plan.findings) == 2


def test_an_encrypted_wifi_password_is_a_raw_key() -> None:
    raw = b"0123456789abcdef" * 4
    good = CUSTOM.replace(b'"correct horse"', b'"' + raw + b'"').replace(
        b"password_encrypted = false", b"password_encrypted = true"
    )
    plan = judged({"custom.toml": good})
    assert any(f"psk={raw.decode()}" in text for text in plan.outputs.values())
    plan = judged(
        {"custom.toml": CUSTOM.replace(b"password_encrypted = false", b"password_encrypted = true")}
    )
    assert not plan.taken


def test_keys_of_several_files_are_one_file() -> None:
    other = GOOD.replace("me@desk", "you@desk")
    plan = judged({"authorized_keys": other.encode(), "custom.toml": CUSTOM})
    assert plan.outputs[drop.KEYS] == f"{other}\n{GOOD}\n"


def test_what_was_taken_before_is_only_removed() -> None:
    plan = judged({"wifi.txt": WIFI}, {"wifi.txt": drop.digest(WIFI)})
    assert (plan.outputs, plan.taken, plan.leftover) == ({}, {}, {"wifi.txt"})


def test_what_was_changed_since_is_taken_again() -> None:
    plan = judged({"wifi.txt": WIFI}, {"wifi.txt": drop.digest(WIFI + b"\n")})
    assert set(plan.taken) == {"wifi.txt"}


names = st.sampled_from(
    [
        "appliance.toml",
        "wifi.txt",
        "wifi.toml",
        "custom.toml",
        "authorized_keys",
        "claim-code",
        "a.nmconnection",
    ]
)


@given(st.dictionaries(names, st.binary(max_size=300) | st.text(max_size=100).map(str.encode)))
def test_any_content_is_taken_or_found_faulty(files: dict[str, bytes]) -> None:
    plan = judged(files)
    faulty = {finding.file for finding in plan.findings if not finding.ok}
    assert set(plan.taken) | faulty == set(files)
    assert not set(plan.taken) & faulty
