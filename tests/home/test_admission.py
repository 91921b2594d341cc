"""Letting in and locking out, in what is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import HomeError
from appliance.home import accounts, admission
from appliance.home.accounts import Account, Realm
from appliance.home.machine import Saved
from appliance.mqtt.address import satellite_id

REALM = Realm()


def test_only_a_hash_is_kept_and_own_satellites_get_an_id_that_nobody_can_guess() -> None:
    saved = Saved({"appliance": "p"})
    password = admission.admitted(saved, Account("kitchen", "satellite", area="kitchen"), REALM)
    kept = saved.accounts["kitchen"]
    assert kept.client_id == satellite_id("kitchen", password)
    assert (kept.area, len(password)) == ("kitchen", 24)
    assert kept.secret is not None
    assert accounts.is_usable(kept.secret)
    assert password not in str(saved.accounts)
    admission.admitted(saved, Account("esp", "hermes"), REALM)
    assert saved.accounts["esp"].client_id == ""


def test_no_two_passwords_or_salts_are_the_same() -> None:
    saved = Saved()
    passwords = {admission.admitted(saved, Account(f"s{n}", "satellite"), REALM) for n in range(50)}
    salts = {each.secret.salt for each in saved.accounts.values() if each.secret}
    assert (len(passwords), len(salts)) == (50, 50)


@pytest.mark.parametrize("name", ["appliance", "demo", "kitchen"])
def test_who_is_there_already_is_not_replaced(name: str) -> None:
    """Nor is a program of ours: its rights would be the new one's."""
    saved = Saved({"appliance": "p", "demo": "q"})
    admission.admitted(saved, Account("kitchen", "device"), REALM)
    before = dict(saved.accounts)
    with pytest.raises(HomeError, match="already"):
        admission.admitted(saved, Account(name, "device"), REALM)
    assert saved.accounts == before


def test_who_is_locked_out_is_gone_and_an_unknown_name_is_answered_with_the_known() -> None:
    saved = Saved()
    with pytest.raises(HomeError) as caught:
        admission.revoked(saved, "kitchen")
    assert "nobody" in caught.value.hint
    admission.admitted(saved, Account("kitchen", "satellite"), REALM)
    admission.revoked(saved, "kitchen")
    assert saved.accounts == {}


@given(st.one_of(st.text(max_size=80), st.from_regex(accounts.NAME, fullmatch=True)))
def test_any_name_is_taken_or_refused_in_a_sentence(name: str) -> None:
    saved = Saved()
    taken = {admission.OWN: Account(admission.OWN, "appliance")}
    if accounts.fault_of_name(name, "device", REALM, taken):
        with pytest.raises(HomeError) as caught:
            admission.admitted(saved, Account(name, "device"), REALM)
        assert caught.value.hint
        assert saved.accounts == {}
    else:
        assert admission.admitted(saved, Account(name, "device"), REALM)
        assert accounts.NAME.fullmatch(name)
