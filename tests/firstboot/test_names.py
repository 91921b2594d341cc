from __future__ import annotations

import re

import pytest

from appliance.firstboot import names
from appliance.firstboot.errors import Fault


def test_the_name_is_the_same_every_time_and_differs_between_machines() -> None:
    assert names.host_name("10000000abcdef01") == names.host_name("10000000abcdef01")
    made = {names.host_name(f"10000000abcdef{number:02x}") for number in range(32)}
    assert len(made) == 32
    assert all(re.fullmatch(r"appliance-[2-9a-hjkmnp-z]{4}", name) for name in made)


@pytest.mark.parametrize(
    "placeholder",
    [
        "", "Default string", "To be filled by O.E.M.", "System Serial Number", "00000000", "0123456789",
        "Not Specified", "03000200-0400-0500-0006-000700080009", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "00:00:00:00:00:00", "None", "N/A", "Unknown",
    ],
)  # fmt: skip
def test_what_makers_leave_in_is_no_identity(placeholder: str) -> None:
    assert names.first_usable([placeholder, "d8:3a:dd:01:02:03"]) == "d8:3a:dd:01:02:03"


def test_a_real_serial_number_is_taken_first() -> None:
    assert names.first_usable(["10000000a1b2c3d4\0", "d8:3a:dd:01:02:03"]) == "10000000a1b2c3d4"


def test_nothing_is_nothing() -> None:
    assert names.first_usable([]) == ""


def test_the_name_is_spoken_letter_by_letter() -> None:
    assert names.spoken("appliance-k3m7") == "appliance K, 3, M, 7"


def test_a_chosen_name_is_spoken_as_its_words() -> None:
    assert names.spoken("living-room") == "living room"


@pytest.mark.parametrize("text", ["Kitchen", " kitchen\n", "a", "x" * 63, "1st-floor", "a--b"])
def test_names_that_can_be_chosen(text: str) -> None:
    assert names.chosen(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    ["", "-", "-a", "a-", "a b", "a.b", "a_b", "küche", "x" * 64, "12", "localhost", "a\nb", "..", "a/b"],
)
def test_what_can_be_no_name(text: str) -> None:
    with pytest.raises(Fault):
        names.chosen(text)
