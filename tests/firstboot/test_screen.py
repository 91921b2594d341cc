from __future__ import annotations

import pytest

from appliance.firstboot import screen
from appliance.firstboot.hotspot import Phase


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_screen_with_the_name_and_the_code(language: str, phase: Phase) -> None:
    shown = screen.text("appliance-k3m7", language, phase, password="1" * 16, code="12345678")
    assert "appliance-k3m7" in shown
    assert "1234 5678" in shown
    assert ("1111 1111 1111 1111" in shown) == (phase is Phase.OPEN)
    assert "{" not in shown


def test_a_chosen_code_and_an_owner_show_no_code() -> None:
    assert "you chose" in screen.text("n", "en", Phase.ONLINE, fixed=True)
    assert "ode" not in screen.text("n", "en", Phase.ONLINE)


def test_faulty_files_are_mentioned() -> None:
    assert "setup-report.txt" in screen.text("n", "de", Phase.WAITING, faulty=True)
