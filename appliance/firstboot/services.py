"""What the appliance announces of itself by DNS-SD: files for systemd-resolved. Pure.

Source: systemd.dnssd(5), RFC 6763. A record needs a port: 9 ("discard") says that nothing is there to open.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTHING_THERE = 9


def files(web_port: int, version: str) -> Mapping[str, str]:
    """File name → content; `web_port` 0 is no web page."""
    facts = f"version={version} web={'yes' if web_port else 'no'}"
    found = {"appliance.dnssd": _service("_appliance._tcp", web_port or NOTHING_THERE, facts)}
    if web_port:
        found["http.dnssd"] = _service("_http._tcp", web_port, "path=/")
    return found


def _service(kind: str, port: int, facts: str) -> str:
    return f"[Service]\nName=%H\nType={kind}\nPort={port}\nTxtText={facts}\n"
