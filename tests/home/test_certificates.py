"""The broker's own authority and certificate: made once, made anew only with a reason."""

from __future__ import annotations

import datetime as dt
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from appliance.home import certificates as c

NAMES = ("house.local", "house", "localhost", "127.0.0.1", "::1", "192.168.1.7")
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert c.ensure(tmp_path, NAMES, NOW)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def held(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / c.CERTIFICATE).read_bytes())


def test_nothing_is_made_anew_without_need(made: Path) -> None:
    before = files(made)
    assert not c.ensure(made, tuple(reversed(NAMES)), NOW + dt.timedelta(days=3_000))
    assert files(made) == before


def test_another_name_makes_another_certificate_of_the_same_authority(made: Path) -> None:
    authority, before = (made / c.CA).read_bytes(), held(made)
    assert c.ensure(made, (*NAMES, "10.0.0.9"), NOW)
    assert (made / c.CA).read_bytes() == authority
    assert held(made).serial_number != before.serial_number
    assert held(made).issuer == before.issuer


@pytest.mark.parametrize("damaged", [c.CERTIFICATE, c.KEY])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_is_damaged_is_made_anew(made: Path, damaged: str, content: bytes | None) -> None:
    authority = (made / c.CA).read_bytes()
    if content is None:
        (made / damaged).unlink()
    else:
        (made / damaged).write_bytes(content)
    assert c.ensure(made, NAMES, NOW)
    assert (made / c.CA).read_bytes() == authority
    assert not c.ensure(made, NAMES, NOW)


def test_a_lost_authority_is_replaced_with_all_that_it_signed(made: Path) -> None:
    before = held(made)
    (made / c.CA).write_bytes(b"")
    assert c.ensure(made, NAMES, NOW)
    assert held(made).serial_number != before.serial_number
    assert not c.ensure(made, NAMES, NOW)


def test_a_lost_key_of_the_authority_costs_nothing_until_it_is_needed(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Satellites trust exactly this authority: it is replaced only when nothing else helps, and aloud."""
    (made / c.CA_KEY).write_bytes(b"")
    before = files(made)
    assert not c.ensure(made, NAMES, NOW)
    assert files(made) == before
    assert c.ensure(made, (*NAMES, "10.0.0.9"), NOW)
    assert "satellites must join again" in capsys.readouterr().out
    assert (made / f"{c.CA}.damaged").read_bytes() == before[c.CA]


def test_a_certificate_of_another_authority_is_not_kept(made: Path, tmp_path_factory: Any) -> None:
    """As after a power cut between the two: every authority of ours has the same name."""
    other = tmp_path_factory.mktemp("other")
    c.ensure(other, NAMES, NOW)
    for name in (c.CA, c.CA_KEY):
        (made / name).write_bytes((other / name).read_bytes())
    assert c.ensure(made, NAMES, NOW)
    held(made).verify_directly_issued_by(x509.load_pem_x509_certificate((other / c.CA).read_bytes()))


def test_a_certificate_of_somebody_elses_is_replaced(made: Path) -> None:
    """One without any names in it."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", str(made / c.KEY), "-out", str(made / c.CERTIFICATE), "-subj", "/CN=x"]
    subprocess.run(words, check=True, capture_output=True)
    assert c.ensure(made, NAMES, NOW)
    assert shake(ssl.create_default_context(cafile=made / c.CA), _server(made), "house.local")


def test_it_is_renewed_a_year_before_its_end(made: Path) -> None:
    near = held(made).not_valid_after_utc - dt.timedelta(days=364)
    assert c.ensure(made, NAMES, near)
    assert held(made).not_valid_after_utc > near + dt.timedelta(days=3_000)


@pytest.mark.parametrize(
    "now", [dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2069, 6, 1, tzinfo=dt.UTC)]
)
def test_a_machine_without_a_clock_makes_a_valid_one(tmp_path: Path, now: dt.datetime) -> None:
    c.ensure(tmp_path, NAMES, now)
    assert held(tmp_path).not_valid_before_utc == c.BEGIN
    assert held(tmp_path).not_valid_after_utc > c.BEGIN + dt.timedelta(days=3_000)
    assert held(tmp_path).not_valid_after_utc <= c.CA_END


def test_keys_are_readable_for_their_owner_alone(made: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o600}


def test_the_authority_signs_no_other_authority(made: Path) -> None:
    authority = x509.load_pem_x509_certificate((made / c.CA).read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert not held(made).extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_client_that_trusts_the_authority_trusts_every_name(made: Path) -> None:
    context, server = ssl.create_default_context(cafile=made / c.CA), _server(made)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # what newer Pythons ask for by default
    for name in NAMES:
        assert shake(context, server, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(context, server, "other.local")


def _server(folder: Path) -> ssl.SSLContext:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / c.CERTIFICATE, folder / c.KEY)
    return server


def shake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bool:
    """A handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours.version() is not None


def test_as_a_process_it_says_what_it_did(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "appliance.home.certificates", str(tmp_path), *NAMES]
    said = [
        subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() for _ in range(2)
    ]
    assert said == ["made", "kept"]


def test_a_folder_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "appliance.home.certificates", str(tmp_path / "missing"), *NAMES]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "missing" in done.stderr
