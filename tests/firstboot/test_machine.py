from __future__ import annotations

from pathlib import Path

import pytest

from appliance.firstboot import machine
from appliance.firstboot.errors import SetupError


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_pi_is_its_serial_number(tmp_path: Path) -> None:
    found = tree(tmp_path, {"sys/firmware/devicetree/base/serial-number": "10000000a1b2c3d4\0"})
    assert machine.identity(found) == "10000000a1b2c3d4"


def test_a_board_without_numbers_is_its_first_real_network_card(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "sys/class/dmi/id/product_serial": "Default string\n",
            "sys/class/dmi/id/product_uuid": "03000200-0400-0500-0006-000700080009\n",
            "sys/class/net/docker0/address": "02:42:aa:bb:cc:dd\n",
            "sys/class/net/enp2s0/address": "7c:83:34:01:02:03\n",
            "sys/class/net/enp2s0/device/vendor": "0x8086\n",
            "sys/class/net/wlan0/address": "7c:83:34:01:02:04\n",
            "sys/class/net/wlan0/device/vendor": "0x8086\n",
        },
    )
    assert machine.identity(tmp_path) == "7c:83:34:01:02:03"


def test_a_machine_with_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="neither"):
        machine.identity(tmp_path)
