"""The port's certificate: made once, kept, made anew for other names; own files, renewed while it runs."""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest

from appliance.config.model import Web
from appliance.errors import ConfigError, ControlError
from appliance.home import certificates
from appliance.web.access import tls
from appliance.web.settings import Settings


def settings(data: Path, names: tuple[str, ...] = ("kitchen.local",), **web: Any) -> Settings:
    return Settings(Web(**web), "en", "1.2.3", str(data), names)


def made(folder: Path) -> tuple[str, str]:
    folder.mkdir()
    certificates.ensure(folder, ("own.example",), dt.datetime.now(dt.UTC))
    return str(folder / "server.pem"), str(folder / "server.key")


def test_made_once_and_anew_for_other_names(tmp_path: Path) -> None:
    first = tls.files(settings(tmp_path))
    assert first is not None
    before = [path.read_bytes() for path in first]
    assert tls.files(settings(tmp_path)) == first
    assert [path.read_bytes() for path in first] == before
    authority = (tmp_path / "web" / "tls" / "ca.pem").read_bytes()
    tls.files(settings(tmp_path, ("kitchen.local", "192.168.1.9")))
    assert first[0].read_bytes() != before[0]
    assert (tmp_path / "web" / "tls" / "ca.pem").read_bytes() == authority
    assert first[1].stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("web", [{"tls": "off"}, {"listen": "loopback"}])
def test_where_nobody_needs_one_there_is_none(tmp_path: Path, web: dict[str, Any]) -> None:
    assert tls.files(settings(tmp_path, **web)) is None
    assert not (tmp_path / "web").exists()


def test_own_files_are_used_as_they_are(tmp_path: Path) -> None:
    certificate, key = made(tmp_path / "own")
    found = tls.files(settings(tmp_path, listen="loopback", certificate=certificate, key=key))
    assert found == (Path(certificate), Path(key))


def test_half_of_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="belong together"):
        tls.files(settings(tmp_path, certificate="cert.pem"))


@pytest.mark.parametrize("broken", ["missing", "nonsense", "another key"])
def test_files_that_cannot_be_used_are_said(tmp_path: Path, broken: str) -> None:
    certificate, key = (Path(each) for each in made(tmp_path / "own"))
    match broken:
        case "missing":
            key.unlink()
        case "nonsense":
            certificate.write_text("nonsense")
        case _:
            shutil.copy(made(tmp_path / "other")[1], key)
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        tls.Identity(certificate, key)
    assert "web.certificate" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "web").write_text("a file")
    with pytest.raises(ControlError, match="no certificate"):
        tls.files(settings(tmp_path))


def shown(context: ssl.SSLContext) -> bytes:
    """What a client of this context's server sees, without a network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    client, server = (
        trusting.wrap_bio(to_client, to_server),
        context.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    seen = client.getpeercert(binary_form=True)
    assert seen is not None
    return seen


def test_renewed_files_are_taken_and_broken_ones_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = (Path(each) for each in made(tmp_path / "own"))
    identity = tls.Identity(certificate, key)
    first = shown(identity.fresh())
    for number, source in enumerate(made(tmp_path / "new")):
        shutil.copy(source, (certificate, key)[number])
    identity.look_again()
    second = shown(identity.fresh())
    assert second != first
    certificate.write_text("nonsense")
    identity.look_again()
    assert shown(identity.fresh()) == second
    assert "the old certificate is kept" in caplog.text


def test_nothing_older_than_tls_1_2(tmp_path: Path) -> None:
    identity = tls.Identity(*(Path(each) for each in made(tmp_path / "own")))
    assert identity.context.minimum_version == ssl.TLSVersion.TLSv1_2
