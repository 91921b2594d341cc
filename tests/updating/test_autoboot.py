"""autoboot.txt as the firmware reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import autoboot
from appliance.updating.autoboot import Autoboot


@given(always=st.integers(1, 99), once=st.integers(1, 99))
def test_what_is_written_is_read(always: int, once: int) -> None:
    content = autoboot.render(always, once)
    assert len(content) <= autoboot.MAX_BYTES
    found = autoboot.parse(content.decode())
    assert found == Autoboot(always, once, whole_partitions=True)
    assert (found.partition(tryboot=False), found.partition(tryboot=True)) == (always, once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Autoboot(0, 0, whole_partitions=False)),
        ("boot_partition=2\n", Autoboot(2, 2, whole_partitions=False)),
        ("[tryboot]\nboot_partition=3\n[all]\nboot_partition=2\n", Autoboot(2, 2, whole_partitions=False)),
        ("[none]\nboot_partition=7\n[all]\nboot_partition=2", Autoboot(2, 2, whole_partitions=False)),
        ("[all]\nboot_partition = 2\nboot_partition=x\nrubbish", Autoboot(0, 0, whole_partitions=False)),
        ("x" * 512 + "\n[all]\nboot_partition=2\n", Autoboot(0, 0, whole_partitions=False)),
    ],
)
def test_like_the_firmware(text: str, expected: Autoboot) -> None:
    assert autoboot.parse(text) == expected


@given(st.text(max_size=700))
def test_rubbish_is_passed_over(text: str) -> None:
    autoboot.parse(text)
