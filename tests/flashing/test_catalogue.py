"""The list for Raspberry Pi Imager against its documented schema."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tests.flashing.conftest import packed
from tools.flashing import catalogue
from tools.flashing.errors import FlashError

# doc/json-schema/os-list-schema.json and doc/schema-notes.md of raspberrypi/rpi-imager, August 2026. Where
# the schema allows more keys, this does not: an unknown one would be a slip of ours.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(gt=0)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Architecture = Literal["armel", "armhf", "armv8"]
Url = Annotated[str, msgspec.Meta(pattern=r"^(https?|file)://\S+$")]
Date = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]


class Hardware(msgspec.Struct, forbid_unknown_fields=True):
    name: Text
    description: Text
    tags: list[str]
    icon: str | msgspec.UnsetType = msgspec.UNSET
    matching_type: Literal["exclusive", "inclusive"] | msgspec.UnsetType = msgspec.UNSET
    architecture: Architecture | msgspec.UnsetType = msgspec.UNSET


class Program(msgspec.Struct, forbid_unknown_fields=True):
    devices: list[Hardware]


class System(msgspec.Struct, forbid_unknown_fields=True):
    name: Text
    description: Text
    icon: Text
    url: Url
    extract_size: Size
    extract_sha256: Sha256
    image_download_size: Size
    image_download_sha256: Sha256
    release_date: Date
    devices: Annotated[list[str], msgspec.Meta(min_length=1)]
    init_format: Literal["", "systemd", "cloudinit", "cloudinit-rpi", "rpi-preseed", "none"]
    architecture: Architecture | msgspec.UnsetType = msgspec.UNSET
    website: Url | msgspec.UnsetType = msgspec.UNSET
    bmap_url: Url | msgspec.UnsetType = msgspec.UNSET


class Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    imager: Program
    os_list: list[System]


def entry(board: str = "pi5", version: str = "1.0", **more: Any) -> catalogue.Entry:
    known = {
        "size": 4096,
        "sha256": "a" * 64,
        "download_size": 100,
        "download_sha256": "b" * 64,
        "date": "2026-11-21",
    }
    return catalogue.Entry(board, version, f"appliance-{board}-{version}.img.zst", **(known | more))


def read(made: dict[str, Any]) -> Catalogue:
    return msgspec.json.decode(catalogue.dumped(made), type=Catalogue, strict=True)


def test_the_schema_holds() -> None:
    entries = [
        entry(),
        entry("n100", bmap="appliance-n100-1.0.img.bmap"),
        entry(version="1.1", date="2026-12-01"),
    ]
    found = read(catalogue.render(entries, "https://example.org/images"))
    assert [system.name for system in found.os_list] == [
        "Voice appliance 1.1 (Raspberry Pi 5)",
        "Voice appliance 1.0 (Raspberry Pi 5)",
        "Voice appliance 1.0 (N100 mini-PC)",
    ]
    assert {tag for device in found.imager.devices for tag in device.tags} == {
        tag for system in found.os_list for tag in system.devices
    }
    assert found.os_list[2].url == "https://example.org/images/appliance-n100-1.0.img.zst"
    assert found.os_list[2].bmap_url == "https://example.org/images/appliance-n100-1.0.img.bmap"


def test_the_schema_of_this_test_can_fail() -> None:
    made = catalogue.render([entry()], "https://example.org")
    for key in ("devices", "extract_sha256", "url"):
        broken = json.loads(json.dumps(made))
        del broken["os_list"][0][key]
        with pytest.raises(msgspec.ValidationError, match=key):
            read(broken)


def test_boards_without_an_image_are_not_offered() -> None:
    found = read(catalogue.render([entry("n100")], "https://example.org"))
    assert [device.name for device in found.imager.devices] == ["N100 mini-PC"]


@pytest.mark.parametrize("base", ["https://example.org/a", "https://example.org/a/", "file:///srv/a"])
def test_addresses_are_below_the_base(base: str) -> None:
    found = read(catalogue.render([entry(version="1.0+git~1")], base, website="https://example.org/about"))
    assert found.os_list[0].url == f"{base.rstrip('/')}/appliance-pi5-1.0%2Bgit~1.img.zst"
    assert found.os_list[0].website == "https://example.org/about"


@pytest.mark.parametrize(
    "base", ["", "example.org", "ftp://example.org", "https://", "https://example.org/?a=b"]
)
def test_what_is_no_base_is_refused(base: str) -> None:
    with pytest.raises(FlashError, match="not the address of a folder"):
        catalogue.render([entry()], base)


def test_the_drawing_is_an_image() -> None:
    found = read(catalogue.render([entry()], "https://example.org"))
    kind, _, data = found.os_list[0].icon.partition(";base64,")
    assert kind == "data:image/svg+xml"
    assert ET.fromstring(base64.b64decode(data)).get("width") == "40"
    given = catalogue.render([entry()], "https://example.org", icon="https://example.org/i.svg")
    assert read(given).os_list[0].icon == "https://example.org/i.svg"


def test_an_image_is_measured(image: Path) -> None:
    compressed = packed(image)
    found = catalogue.measure(compressed, "2026-11-21")
    assert found == catalogue.Entry(
        board="n100",
        version="1.2.3",
        file="appliance-n100-1.2.3.img.zst",
        size=image.stat().st_size,
        sha256=hashlib.sha256(image.read_bytes()).hexdigest(),
        download_size=compressed.stat().st_size,
        download_sha256=hashlib.sha256(compressed.read_bytes()).hexdigest(),
        date="2026-11-21",
        bmap="appliance-n100-1.2.3.img.bmap",
    )


@pytest.mark.parametrize("name", ["x.img.zst", "appliance-toaster-1.0.img.zst", "appliance-pi5-1.0.img"])
def test_a_name_that_does_not_say_enough_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FlashError, match="board and version"):
        catalogue.measure(tmp_path / name)
