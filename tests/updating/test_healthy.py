"""The proof of a passed self test."""

from __future__ import annotations

from appliance.updating import healthy
from tests.updating.machines import Machine


def test_it_holds_for_this_start_only(n100: Machine) -> None:
    assert not healthy.found(n100.places)
    healthy.attest(n100.places)
    assert healthy.found(n100.places)
    (n100.root / healthy.BOOT_ID).write_text("next\n")
    assert not healthy.found(n100.places)


def test_without_an_id_there_is_no_proof(n100: Machine) -> None:
    (n100.root / healthy.BOOT_ID).unlink()
    healthy.attest(n100.places)
    assert not healthy.found(n100.places)
