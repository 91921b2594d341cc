"""What the home can do is known to the judgement, and nothing is calming that opens."""

from __future__ import annotations

import pytest

from appliance.home import guard
from appliance.home.actions import SERVICES
from appliance.judgement import services

NOT_BY_VOICE = {("vacuum", "send_command")}
"""Commands of which nobody knows what they do."""


def test_every_service_of_the_home_is_known_or_left_out_on_purpose() -> None:
    unknown = {
        (domain, service) for domain, service in SERVICES if not services.known(domain, domain, service)
    }
    assert unknown == NOT_BY_VOICE & set(SERVICES)


@pytest.mark.parametrize("domain", sorted(services.KNOWN))
def test_what_calms_opens_nothing(domain: str) -> None:
    for service in services.KNOWN[domain]:
        if services.calming(domain, service):
            assert guard.refusal(f"{domain}.door", domain, {}, service, {}) == ""


@pytest.mark.parametrize(
    ("called", "domain", "service", "known"),
    [
        ("light", "light", "turn_on", True),
        ("homeassistant", "light", "turn_on", True),
        ("homeassistant", "lock", "unlock", False),
        ("homeassistant", "sensor", "turn_on", False),
        ("light", "lock", "turn_on", False),
        ("shell_command", "shell_command", "x", False),
        ("homeassistant", "homeassistant", "restart", False),
        ("update", "update", "install", False),
        ("", "", "", False),
    ],
)
def test_known(called: str, domain: str, service: str, known: bool) -> None:
    assert services.known(called, domain, service) == known
