"""Which addresses may be fetched from, and an opener that keeps to them."""

from __future__ import annotations

import http.client
import ipaddress
import urllib.request
from typing import IO
from urllib.parse import urlsplit

from appliance.errors import ModelError


def allowed(url: str) -> bool:
    """Is this HTTPS, or HTTP to this very machine?"""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, and none away from HTTPS."""

    max_redirections = 5
    max_repeats = 2

    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The next request, or ModelError."""
        if not allowed(newurl):
            raise ModelError(f"{req.full_url} redirects to {newurl[:200]!r}, which is not HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener() -> urllib.request.OpenerDirector:
    """Only HTTP(S), through the proxy of the environment; no file:, ftp: or data: URLs."""
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    return director
