"""The port's certificate: the owner's own files, or one of our own authority for this machine's names."""

from __future__ import annotations

import logging
import ssl
import subprocess
import sys
import time
from pathlib import Path

from appliance.errors import ConfigError, ControlError
from appliance.web.settings import Settings

LOG = logging.getLogger(__name__)
FOLDER = "tls"
AUTHORITY, CERTIFICATE, KEY = "ca.pem", "server.pem", "server.key"
MAKE_SECONDS = 60
LOOK_SECONDS = 10.0
"""How often files are looked at for having been renewed."""
ALONE = ("localhost", "127.0.0.1", "::1")


def files(settings: Settings) -> tuple[Path, Path] | None:
    """Certificate and key that the port uses; None where nobody needs them. Makes what is missing.

    Raises ConfigError for a certificate without key, ControlError when none can be made.
    """
    web = settings.web
    if web.tls == "off":
        return None
    if bool(web.certificate) != bool(web.key):
        raise ConfigError("web.certificate and web.key belong together", "set both, or none of them")
    if web.certificate:
        return Path(web.certificate), Path(web.key)
    if web.listen == "loopback":
        return None
    folder = settings.folder / FOLDER
    _make(folder, settings.names or ALONE)
    return folder / CERTIFICATE, folder / KEY


def _make(folder: Path, names: tuple[str, ...]) -> None:
    """In a process of its own: the cryptography library is heavy. Nothing is made anew without need."""
    argv = [sys.executable, "-m", "appliance.home.certificates", str(folder), *names]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        done = subprocess.run(
            argv, capture_output=True, timeout=MAKE_SECONDS, check=False, text=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ControlError(f"no certificate can be made in {folder}: {error}", "is the disk full?") from error
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["for an unknown reason"])[-1]
        raise ControlError(f"no certificate can be made: {why}", "is the disk full?")


class Identity:
    """What the port shows: a context for TLS that follows its files when somebody renews them."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises ConfigError when they cannot be used."""
        self._certificate = certificate
        self._key = key
        self._looked_at = -LOOK_SECONDS
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._stamps = self._ages()
        self._load()

    def fresh(self) -> ssl.SSLContext:
        """The context, with the files as they are now; of broken new files the old ones are kept."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            ages = self._ages()
            if ages != self._stamps:
                self._stamps = ages
                self._try_anew()
        return self.context

    def look_again(self) -> None:
        """Not in some seconds: with the next connection."""
        self._looked_at = -LOOK_SECONDS

    def _try_anew(self) -> None:
        try:
            self._load()
        except ConfigError as error:
            LOG.warning("the old certificate is kept: %s", error.message)

    def _load(self) -> None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._certificate, self._key)
            self.context.load_cert_chain(self._certificate, self._key)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                f"{self._certificate} with {self._key} cannot be used: {error.strerror or error}",
                "web.certificate and web.key are PEM files that belong together and that it can read",
            ) from error

    def _ages(self) -> list[int]:
        return [path.stat().st_mtime_ns if path.exists() else 0 for path in (self._certificate, self._key)]
