"""Brokers of other people: every way to say who we are, and a sentence for everything that can be wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from appliance.mqtt.address import Address
from appliance.mqtt.client import probe
from appliance.mqtt.outbox import Sent
from tests.broker import Mosquitto
from tests.home.harness import QUICK, running, until

NOW = dt.datetime.now(dt.UTC)
VALID = (NOW - dt.timedelta(days=1), NOW + dt.timedelta(days=2))
EXPIRED = (NOW - dt.timedelta(days=9), NOW - dt.timedelta(days=1))
FUTURE = (NOW + dt.timedelta(days=1), NOW + dt.timedelta(days=9))
DAYS = {"expired": EXPIRED, "future": FUTURE}
NAMES = {"other-name": x509.DNSName("elsewhere.lan")}
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """Signs what it is asked to sign, into `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        limits = x509.BasicConstraints(ca=True, path_length=None)
        made = self._builder(self.key, VALID, self.subject).add_extension(limits, critical=True)
        self.file.write_bytes(_pem(made.sign(self.key, hashes.SHA256())))

    def _builder(self, key: Any, days: Any, subject: x509.Name) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(days[0]).not_valid_after(days[1])
        )  # fmt: skip

    def sign(self, name: str, kind: str = "") -> tuple[str, str]:
        """Paths of certificate and key; `kind` says what is wrong with it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([NAMES.get(kind, HERE)])
        builder = self._builder(key, DAYS.get(kind, VALID), subject).add_extension(names, critical=False)
        certificate, private = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(_pem(builder.sign(self.key, hashes.SHA256())))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(certificate), str(private)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")


def serve(broker: Mosquitto, authority: Authority, kind: str = "", *, ask: bool = False) -> None:
    """Start it anew with a certificate; with `ask` it wants one of its clients, too."""
    broker.kill()
    certificate, key = authority.sign("server", kind)
    wanted = f"cafile {authority.folder / 'authority.pem'}\nrequire_certificate true\n" if ask else ""
    broker.start(f"certfile {certificate}\nkeyfile {key}\n{wanted}")


def trusting(broker: Mosquitto, authority: Authority, client: tuple[str, str] = ("", "")) -> Address:
    fields = {
        "tls_ca_file": str(authority.file),
        "tls_certificate_file": client[0],
        "tls_key_file": client[1],
    }
    return replace(broker.address(), tls=True, **fields)


@pytest.mark.parametrize("version", ["auto", "5", "3.1.1"])
@pytest.mark.parametrize("way", ["plain", "tls", "client certificate"])
async def test_every_way_in_works_alike(
    broker: Mosquitto, authority: Authority, way: str, version: Any
) -> None:
    """User and password always; also retained messages, the will's topic and a command that expires."""
    address = broker.address()
    if way != "plain":
        serve(broker, authority, ask=way == "client certificate")
        client = authority.sign("client") if way == "client certificate" else ("", "")
        address = trusting(broker, authority, client)
    heard: list[tuple[str, bytes]] = []
    settings = {"settings": replace(QUICK, version=version)}
    async with running(address, "watcher", **settings) as watcher:
        watcher.subscribe("#", lambda topic, payload, _: heard.append((topic, payload)), 1)
        assert await watcher.wait_connected(10)
        async with running(address, "me", status_topic="me/status", **settings) as client:
            assert await client.publish("t", "x", 1, retain=True) is Sent.SENT
            assert await client.publish("t/deed", "y", 1, expires_seconds=5.0) is Sent.SENT
        await until(lambda: ("me/status", b"offline") in heard)
    assert {("t", b"x"), ("t/deed", b"y"), ("me/status", b"online")} <= set(heard)
    for wrong in (replace(address, password="wrong"), replace(address, username="nobody")):
        async with running(wrong, "wrong", **settings) as client:
            await until(lambda client=client: "wrong name or password" in client.connection.reason)
            assert "mqtt.password" in client.connection.hint


SERVERS = [
    ("expired", "certificate has expired", "mqtt.tls_ca_file"),
    ("future", "not yet valid", "mqtt.tls_ca_file"),
    ("other-name", "127.0.0.1", "mqtt.host"),
    ("stranger", "cannot be trusted", "mqtt.tls_ca_file"),
]


@pytest.mark.parametrize(("kind", "reason", "hint"), SERVERS, ids=[kind for kind, *_ in SERVERS])
async def test_a_broker_that_cannot_be_trusted_gets_no_password_and_is_tried_again(
    broker: Mosquitto, authority: Authority, stranger: Authority, kind: str, reason: str, hint: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    serve(broker, stranger if kind == "stranger" else authority, kind)
    async with running(trusting(broker, authority)) as client:
        await until(lambda: reason in client.connection.reason)
        assert hint in client.connection.hint
        assert f"127.0.0.1:{broker.port}" in client.connection.reason
        serve(broker, authority)
        assert await client.wait_connected(10)
    assert "Traceback" not in caplog.text
    assert broker.users["tester"] not in caplog.text


CLIENTS = [
    ("missing", "does not accept our certificate, or wants one"),
    ("expired", "does not accept our certificate"),
    ("future", "does not accept our certificate"),
    ("stranger", "does not accept our certificate"),
    ("other-key", "cannot be used"),
    ("nonsense", "cannot be used"),
    ("locked", "have no password"),
    ("no-file", "client.crt: No such file"),
]


@pytest.mark.parametrize(("kind", "reason"), CLIENTS, ids=[kind for kind, _ in CLIENTS])
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_client_certificate_that_is_of_no_use_is_named_and_a_better_one_taken_at_once(
    broker: Mosquitto, authority: Authority, stranger: Authority, kind: str, reason: str, version: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    serve(broker, authority, ask=True)
    signer = stranger if kind == "stranger" else authority
    certificate, key = signer.sign("client", kind)
    if kind == "other-key":
        authority.sign("other")
        Path(key).write_bytes((authority.folder / "other.key").read_bytes())
    if kind == "locked":
        loaded = serialization.load_pem_private_key(Path(key).read_bytes(), None)
        hidden = serialization.BestAvailableEncryption(b"password")
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
        Path(key).write_bytes(loaded.private_bytes(*form))
    if kind == "nonsense":
        Path(certificate).write_text("nonsense")
    if kind == "no-file":
        Path(certificate).unlink()
    shown = ("", "") if kind == "missing" else (certificate, key)
    address = trusting(broker, authority, shown)
    async with running(address, settings=replace(QUICK, version=version)) as client:
        await until(lambda: reason in client.connection.reason)
        assert "mqtt.tls_certificate_file" in client.connection.hint
        if kind == "missing":
            serve(broker, authority)
        else:
            authority.sign("client")
        assert await client.wait_connected(10)
    assert "Traceback" not in caplog.text


async def test_an_authority_that_is_none_is_named(broker: Mosquitto, authority: Authority) -> None:
    serve(broker, authority)
    address = trusting(broker, authority)
    authority.file.write_text("nonsense")
    async with running(address) as client:
        await until(lambda: "authority.pem: holds no certificate" in client.connection.reason)
        assert "mqtt.tls_ca_file" in client.connection.hint


def test_who_expects_the_other_language_is_told(broker: Mosquitto, authority: Authority) -> None:
    tls = asyncio.run(probe(replace(broker.address(), tls=True)))
    assert "does not speak TLS" in tls.reason
    assert "mqtt.tls" in tls.hint
    serve(broker, authority)
    plain = asyncio.run(probe(broker.address(), 1.0))
    assert not plain.connected
    assert plain.hint
    assert asyncio.run(probe(trusting(broker, authority))).connected
    assert "mqtt.tls_ca_file" in asyncio.run(probe(replace(trusting(broker, authority), tls_ca_file=""))).hint
