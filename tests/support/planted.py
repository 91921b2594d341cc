"""A home full of secrets, each of them findable: whatever is in here must never be in a bundle."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import msgspec

SPOKEN = "Zwiebelkuchen verstecken im Oberstuebchen"
PERSON = "Mechthild Quastenflosser"
WIFI, WIFI_KEY = "Funknetz-Drosselgasse", "wlan-Geheimnis-8812"
PIN = "739152"


class Planted(msgspec.Struct, frozen=True):
    """Where it lies, and everything that may not leave it."""

    data: Path
    config: Path
    log: Path
    secrets: tuple[str, ...]
    status: dict[str, object]


def plant(home: Path, secret: str) -> Planted:
    """Each place gets `secret` with the name of the place before it."""
    given: list[str] = [SPOKEN, PERSON, "Quastenflosser", WIFI, WIFI_KEY, PIN]

    def own(name: str) -> str:
        given.append(f"{name}{secret}")
        return given[-1]

    home.mkdir(parents=True, exist_ok=True)
    data = home / "data"
    (data / "judgement").mkdir(mode=0o700, parents=True)
    (data / "mosquitto").mkdir()
    (data / "satellite").mkdir()
    token_file, cloud = home / "token", data / "cloud.ini"
    token_file.write_text(own("hasstoken") + "\n")
    cloud.write_text(
        f"[default]\naws_access_key_id = {own('cloudid')}\naws_secret_access_key = {own('cloudkey')}\n"
    )
    config = home / "appliance.toml"
    config.write_text(
        f"""
[paths]
data = {json.dumps(str(data))}
[audio]
device = "none"
input_device = {json.dumps(own("soundcard"))}
[mqtt]
host = "embedded"
username = {json.dumps(own("user"))}
password = {json.dumps(own("brokerpass"))}
client_id = {json.dumps(own("client"))}
[home]
area = {json.dumps(own("room"))}
unguarded = [{json.dumps("lock." + own("lock"))}]
[home_assistant]
url = "https://homeassistant-drosselgasse.example:8123"
token_file = {json.dumps(str(token_file))}
[llm]
engine = "openai"
model = {json.dumps(own("model"))}
system = {json.dumps(own("prompt"))}
options = {{ url = "https://me:urlpass@llm-drosselgasse.example/v1", api_key = {json.dumps(own("apikey"))} }}
[policy]
rules = [{json.dumps("pin lock." + own("rule"))}]
[backup]
offsite = "s3:https://nas-drosselgasse.example:9000/bucket"
offsite_credentials_file = "cloud.ini"
"""
    )
    given += ["urlpass", "homeassistant-drosselgasse", "llm-drosselgasse", "nas-drosselgasse", "drosselgasse"]
    _people(data / "judgement" / "people.db")
    (data / "judgement" / "pins.json").write_text(
        json.dumps({PERSON: {"hash": own("pinhash"), "salt": own("salt")}})
    )
    (data / "mosquitto" / "credentials.json").write_text(json.dumps({"secret": own("credential")}))
    (data / "satellite" / "hub.json").write_text(json.dumps({"password": own("hubpass")}))
    status = {
        "version": "1.2.3", "listening": True, "muted": False, "stages": [],
        "rooms": [{"name": own("satroom"), "area": PERSON}],
        "mqtt": {"host": "192.168.77.21", "problem": f"refused {own('problem')}", "port": 1883},
        "satellites": {"satellites": [{"name": own("satellite"), "mac": "b8:27:eb:77:21:01"}]},
    }  # fmt: skip
    given += ["192.168.77.21", "b8:27:eb:77:21:01", "2001:db8:77::21"]
    log = home / "log.jsonl"
    log.write_text("\n".join(_lines(own)) + "\n")
    return Planted(data, config, log, tuple(given), status)


def _people(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE person (name TEXT, role TEXT, permissions TEXT, rooms TEXT)")
        connection.execute("INSERT INTO person VALUES (?, 'owner', '[]', '[]')", (PERSON,))
    connection.close()


def _lines(own) -> list[str]:
    fields = {
        "heard": SPOKEN, "text": SPOKEN, "ssid": WIFI, "anything": own("field"), "trace_id": own("trace"),
        "component": own("component"), "stage": own("stage"),
    }  # fmt: skip
    messages = [
        "stage stt is ready",
        f"turn 7: {SPOKEN}",
        f"{PERSON} came home",
        f"connecting to {WIFI} with psk {WIFI_KEY}",
        f"wrong PIN {PIN} in {own('message')}",
        f"password={own('logpass')} token: {own('logtoken')} Authorization: Bearer {own('bearer')}",
        f"https://u:{own('urlpw')}@broker 192.168.77.21 2001:db8:77::21",
        "-----BEGIN PRIVATE KEY----- " + own("pem"),
    ]
    lines = [json.dumps({"level": "info", "message": each, **fields}) for each in messages]
    trace = f"Traceback\n  File x, line 3\nValueError: {own('exception')}"
    return [
        *lines,
        json.dumps({"level": "error", "message": "failed", "exception": trace}),
        own("not json at all "),
    ]
