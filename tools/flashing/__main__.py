"""The command line of tools/flash."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from appliance.errors import ApplianceError
from tools.flashing import catalogue, flash, packing, settings
from tools.flashing.errors import FlashError
from tools.flashing.progress import say

USAGE = """\
tools/flash [options] IMAGE.img.zst [DEVICE]
       tools/flash                                     which cards and disks there are
       tools/flash bmap IMAGE.img                      make IMAGE.img.zst, IMAGE.img.bmap, SHA256SUMS
       tools/flash catalogue --base-url URL IMAGE...   make the list for Raspberry Pi Imager"""


def parser() -> argparse.ArgumentParser:
    """Of the main command."""
    main_parser = argparse.ArgumentParser(
        "tools/flash", usage=USAGE, description="Writes an image of the appliance on a card or disk."
    )
    add = main_parser.add_argument
    add("image", nargs="?", type=Path, metavar="IMAGE", help="appliance-BOARD-VERSION.img.zst, or .img")
    add("device", nargs="?", type=Path, metavar="DEVICE", help="a whole disk such as /dev/sdb")
    add("--config", type=Path, metavar="FILE", help="put this appliance.toml on it")
    add(
        "--wifi", metavar="SSID", help="put this Wi-Fi on it; its password is asked for (or read from a pipe)"
    )
    add(
        "--wifi-country",
        metavar="XX",
        help="where it will be used, two letters (default: of this PC's language)",
    )
    add("--ssh-key", type=Path, metavar="FILE", help="put this public key on it, which also switches SSH on")
    add(
        "--sha256",
        type=_sha256,
        metavar="HEX",
        help="the image's checksum (default: from SHA256SUMS beside it)",
    )
    add("--without-checksum", action="store_true", help="go on when there is no checksum")
    add("--without-map", action="store_true", help="write all of the image, though a block map is there")
    add("--yes", action="store_true", help="do not ask")
    return main_parser


def bmap_parser() -> argparse.ArgumentParser:
    """Of `tools/flash bmap`."""
    found = argparse.ArgumentParser(
        "tools/flash bmap", description="Makes what people download from IMAGE.img."
    )
    found.add_argument("image", type=Path, metavar="IMAGE.img")
    found.add_argument("--level", type=int, default=packing.LEVEL, choices=range(1, packing.MAX_LEVEL + 1),
                       metavar="N", help="of compression, 1 to 19 (default 19)")  # fmt: skip
    return found


def catalogue_parser() -> argparse.ArgumentParser:
    """Of `tools/flash catalogue`."""
    found = argparse.ArgumentParser(
        "tools/flash catalogue", description="Lists images for Raspberry Pi Imager."
    )
    add = found.add_argument
    add("images", nargs="+", type=Path, metavar="IMAGE", help="appliance-BOARD-VERSION.img.zst")
    add("--base-url", required=True, metavar="URL", help="where the images will be downloaded from")
    add("--out", type=Path, metavar="FILE", help="default: standard output")
    add("--date", type=_date, metavar="YYYY-MM-DD", help="default: SOURCE_DATE_EPOCH, else the file's")
    add("--icon-url", metavar="URL", help="default: a small drawing inside the list")
    add("--website", metavar="URL", help="behind the (i) of each image")
    return found


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("a SHA-256 has 64 hexadecimal digits")
    return text.lower()


def _date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", text):
        raise argparse.ArgumentTypeError("a date is written YYYY-MM-DD")
    return text


def _files(arguments: argparse.Namespace) -> dict[str, bytes]:
    files = {}
    if arguments.config:
        files["appliance.toml"] = settings.config(arguments.config)
    if arguments.ssh_key:
        files["authorized_keys"] = settings.authorized_keys(arguments.ssh_key)
    if arguments.wifi:
        country = arguments.wifi_country or settings.country_here()
        password = settings.ask_password(arguments.wifi)
        files["wifi.toml"] = settings.wifi(arguments.wifi, password, country)
    return files


def _flash(words: list[str]) -> int:
    arguments = parser().parse_args(words)
    if arguments.device is None:
        found = flash.list_devices()
        say("Give an image and one of these." if found else "No card or USB disk is plugged in.")
        return 0 if arguments.image is None else 2
    flash.carry_out(
        flash.Order(
            image=arguments.image,
            device=arguments.device,
            sha256=arguments.sha256,
            without_checksum=arguments.without_checksum,
            without_map=arguments.without_map,
            yes=arguments.yes,
            files=_files(arguments),
        )
    )
    return 0


def _bmap(words: list[str]) -> int:
    arguments = bmap_parser().parse_args(words)
    packing.make(arguments.image, arguments.level)
    return 0


def _catalogue(words: list[str]) -> int:
    arguments = catalogue_parser().parse_args(words)
    catalogue.checked_base(arguments.base_url)
    entries = [catalogue.measure(path, arguments.date) for path in arguments.images]
    made = catalogue.render(entries, arguments.base_url, arguments.icon_url, arguments.website)
    content = catalogue.dumped(made)
    if arguments.out:
        packing.replace(arguments.out, content)
    else:
        sys.stdout.write(content.decode())
    return 0


def main(words: list[str]) -> int:
    """The exit status: 0, 1 with a sentence, 2 for wrong words, 130 when interrupted."""
    command, rest = _flash, words
    if words[:1] == ["bmap"]:
        command, rest = _bmap, words[1:]
    elif words[:1] == ["catalogue"]:
        command, rest = _catalogue, words[1:]
    try:
        return command(rest)
    except ApplianceError as error:
        say(f"tools/flash: {error}")
    except OSError as error:
        say(f"tools/flash: {FlashError(str(error), 'mend that, then try again')}")
    except (KeyboardInterrupt, EOFError):
        say("\ntools/flash: stopped; a device that was being written is not complete: flash it again")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
