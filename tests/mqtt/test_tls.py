"""A broker that speaks TLS, with a certificate made for this test."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import msgspec
import pytest

from appliance.mqtt.client import probe


@pytest.fixture
def certificate(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    made = tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", str(tmp_path / "key.pem"), "-out", str(made), "-days", "2", "-subj", "/CN=test"]
    subprocess.run([*words, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    (tmp_path / "key.pem").chmod(0o644)
    return made


def test_only_the_right_certificate_is_trusted(broker, certificate):
    broker.kill()
    key = certificate.with_name("key.pem")
    broker.start(f"certfile {certificate}\nkeyfile {key}\n")
    plain = broker.address()
    trusting = msgspec.structs.replace(plain, tls=True, tls_ca_file=str(certificate))
    assert asyncio.run(probe(trusting)).connected
    stranger = asyncio.run(probe(msgspec.structs.replace(plain, tls=True)))
    assert "cannot be trusted" in stranger.reason
    assert "mqtt.tls_ca_file" in stranger.hint
    assert not asyncio.run(probe(plain, 1.0)).connected
