"""`tools/bundle keys | make | info`: see docs/updates.md."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from appliance.errors import ApplianceError
from appliance.updating import channel, versions
from appliance.updating.channel import Latest
from appliance.updating.errors import UpdateError

EllipticKey = ec.EllipticCurvePrivateKey
PrivateKey = EllipticKey | Ed25519PrivateKey

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "image/bundle"
BOARDS = ("n100", "pi5")
PARTS = {"n100": ("rootfs", "verity", "kernel"), "pi5": ("rootfs", "verity", "boot")}
PLACES = {"rootfs": "rootfs.img", "verity": "verity.img", "boot": "boot.img", "kernel": "kernel.efi"}
ADDONS = ("slot-a.addon.efi", "slot-b.addon.efi")
BLOCK_BYTES = 4_096
SMALL_BLOCKS = ("-b", "64k")
"""Of the bundle's file system: less is fetched around a block that changed."""
CHUNK_BYTES = 1_048_576
OLDEST_RAUC = (1, 9)
LIFE_YEARS = 40
FIELD = re.compile(r"[0-9A-Za-z.+:-]{0,64}", re.ASCII)


def default_keys() -> Path:
    """Outside of any checkout."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "appliance" / "update-keys"


# --- keys ---------------------------------------------------------------------------------------------------


def make_keys(folder: Path) -> None:
    """Two pairs: an authority with the certificate that signs bundles, and the key of channel files.

    Private keys lie in `folder`, mode 0600; what the image needs is in `folder/public`.
    """
    if (folder / "authority.key").exists():
        raise UpdateError(
            f"there are keys in {folder} already",
            "who loses them cannot update any appliance again: keep them",
        )
    if folder.resolve().is_relative_to(ROOT):
        raise UpdateError(
            f"{folder} is in the checkout", "private keys do not belong there; name another folder"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    public = folder / "public"
    public.mkdir(exist_ok=True)
    authority, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Appliance updates: authority", authority, None)
    leaf = _certificate("Appliance updates: bundles", signer, (root, authority))
    secrets = {"authority.key": authority, "bundles.key": signer, "channel.key": Ed25519PrivateKey.generate()}
    for name, key in secrets.items():
        _write_secret(folder / name, _private_pem(key))
    (folder / "bundles.pem").write_bytes(_pem(leaf))
    (public / "keyring.pem").write_bytes(_pem(root))
    (public / "channel.pem").write_bytes(_public_pem(secrets["channel.key"]))


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _certificate(
    name: str, key: EllipticKey, issuer: tuple[x509.Certificate, EllipticKey] | None
) -> x509.Certificate:
    """Long-lived: the clock of an appliance may be wrong, and what ends trust is a new image."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_root = issuer is None
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if is_root else issuer[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=begin.year + LIFE_YEARS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(_usage(is_root=is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key if is_root else issuer[1], hashes.SHA256())


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- bundles ------------------------------------------------------------------------------------------------


def make_bundle(given: argparse.Namespace) -> Path:
    """A signed bundle, its channel file beside it when an address is given. Raises UpdateError."""
    versions.key(given.version)
    epoch = given.epoch or _epoch()
    target = given.out / f"appliance-{given.board}-{given.version}.raucb"
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.out, prefix=".bundle-") as scratch:
        content = Path(scratch) / "content"
        _lay_out(given, epoch, content)
        new = Path(scratch) / "new.raucb"
        keys: Path = given.keys
        signing = ["--cert", keys / "bundles.pem", "--key", keys / "bundles.key"]
        checking = ["--keyring", keys / "public/keyring.pem"]
        _rauc(["bundle", *signing, *checking, f"--mksquashfs-args={_squashfs_options()}", content, new])
        new.replace(target)
    if given.url:
        _write_channel_file(given, epoch, target)
    return target


def _squashfs_options() -> str:
    return " ".join((*SMALL_BLOCKS, "-comp", "zstd"))


def _epoch() -> int:
    return int((TEMPLATES / "epoch").read_text(encoding="ascii").split("#")[0])


def _lay_out(given: argparse.Namespace, epoch: int, content: Path) -> None:
    content.mkdir()
    for part in PARTS[given.board]:
        source = _part(given, part)
        if source is None or not source.is_file():
            raise UpdateError(f"the board {given.board} needs --{part} FILE", "tools/image build leaves it")
        _take(source, content / PLACES[part], whole_blocks=part != "kernel")
    if given.board == "n100":
        addons = given.addons or given.slot
        for name in ADDONS:
            if addons is None or not (addons / name).is_file():
                raise UpdateError(f"{name} is missing", "image/bundle/addons makes it; then --addons DIR")
            shutil.copyfile(addons / name, content / name)
        shutil.copyfile(TEMPLATES / "n100.hook", content / "hook")
        (content / "hook").chmod(0o755)
    fields = {
        "VERSION": given.version,
        "BUILD": given.build or given.version,
        "EPOCH": str(epoch),
        "MIN_VERSION": given.min_version,
    }
    template = (TEMPLATES / f"{given.board}.raucm.in").read_text(encoding="utf-8")
    (content / "manifest.raucm").write_text(fill(template, fields), encoding="utf-8")


def _part(given: argparse.Namespace, part: str) -> Path | None:
    named: Path | None = getattr(given, part)
    return named or (given.slot / PLACES[part] if given.slot else None)


def _take(source: Path, target: Path, *, whole_blocks: bool) -> None:
    """A link where that is possible, else a copy; padded to whole blocks, which the index of blocks wants."""
    padding = -source.stat().st_size % BLOCK_BYTES if whole_blocks else 0
    if not padding:
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        return
    shutil.copyfile(source, target)
    with target.open("ab") as file:
        file.write(bytes(padding))


def fill(template: str, fields: dict[str, str]) -> str:
    """The template with its @FIELDS@; a line whose field is empty is left out. Raises UpdateError."""
    for name, value in fields.items():
        if FIELD.fullmatch(value) is None:
            raise UpdateError(f"{name} may not be {value!r}", "letters, digits, dots, dashes")
    lines = [
        line for line in template.splitlines() if not any(_is_empty(line, *each) for each in fields.items())
    ]
    text = "\n".join(lines) + "\n"
    for name, value in fields.items():
        text = text.replace(f"@{name}@", value)
    return text


def _is_empty(line: str, name: str, value: str) -> bool:
    return not value and line.endswith(f"=@{name}@")


def _write_channel_file(given: argparse.Namespace, epoch: int, bundle: Path) -> None:
    digest = hashlib.sha256()
    with bundle.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    now = datetime.now(UTC)
    latest = Latest(
        format=channel.FORMAT,
        channel=given.channel,
        board=given.board,
        serial=given.serial or int(now.timestamp()),
        version=given.version,
        epoch=epoch,
        url=f"{given.url.rstrip('/')}/{bundle.name}",
        size=bundle.stat().st_size,
        sha256=digest.hexdigest(),
        min_version=given.min_version,
        released=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        notes=given.notes.read_text(encoding="utf-8") if given.notes else "",
    )
    sealed = channel.seal(latest, (given.keys / "channel.key").read_bytes())
    (given.out / f"{given.channel}-{given.board}.json").write_bytes(sealed)


def rauc_command() -> list[str]:
    """RAUC of this system, or that of the tools root of images. Raises UpdateError.

    Before 1.9 RAUC leaves out of a bundle what it does not know, and that is all that updates are judged by.
    """
    roots = sorted(_cache().glob("image/tools-*/usr/bin/rauc"), key=lambda path: path.stat().st_mtime)
    for command in (["rauc"], *(_foreign(path) for path in reversed(roots))):
        if command and shutil.which(command[0]) and _version(command) >= OLDEST_RAUC:
            return command
    oldest = ".".join(map(str, OLDEST_RAUC))
    raise UpdateError(f"RAUC {oldest} or newer is not here", "make one: tools/image tools")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "appliance"


def _foreign(program: Path) -> list[str]:
    """A program of another root, with the libraries of that root."""
    libraries = program.parents[1] / "lib"
    loader = next(iter(sorted(libraries.glob("*-linux-gnu*/ld-linux-*.so.*"))), None)
    return [str(loader), "--library-path", str(loader.parent), str(program)] if loader else []


def _version(command: list[str]) -> tuple[int, ...]:
    done = subprocess.run([*command, "--version"], check=False, capture_output=True, text=True)
    return tuple(int(each) for each in re.findall(r"\d+", done.stdout)[:2])


def _rauc(words: list[object]) -> str:
    if shutil.which("mksquashfs") is None:
        raise UpdateError("mksquashfs is not installed", "apt-get install squashfs-tools")
    command = [*rauc_command(), *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise UpdateError(f"rauc {words[0]} failed:\n{done.stderr.strip()[-2_000:]}", "")
    return done.stdout


# --- the command line ---------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The whole of it."""
    top = argparse.ArgumentParser(prog="tools/bundle", description="Keys for updates, and signed bundles.")
    actions = top.add_subparsers(metavar="ACTION", dest="action", required=True)
    keys = actions.add_parser("keys", help="make keys, once for all appliances that shall get your updates")
    keys.add_argument("folder", nargs="?", type=Path, default=default_keys(), metavar="DIR")
    make = actions.add_parser("make", help="make a signed bundle out of the parts of a built image")
    make.add_argument("--board", choices=BOARDS, required=True)
    make.add_argument("--version", required=True, metavar="V")
    make.add_argument("--slot", type=Path, metavar="DIR", help="all parts, as tools/image build leaves them")
    make.add_argument("--rootfs", type=Path, metavar="FILE", help="the root partition's content")
    make.add_argument("--verity", type=Path, metavar="FILE", help="its hashes")
    make.add_argument("--kernel", type=Path, metavar="FILE", help="n100: the unified kernel image")
    make.add_argument("--addons", type=Path, metavar="DIR", help="n100: what image/bundle/addons made")
    make.add_argument("--boot", type=Path, metavar="FILE", help="pi5: the boot partition's content")
    make.add_argument("--keys", type=Path, default=default_keys(), metavar="DIR")
    make.add_argument("--out", type=Path, default=Path("build/bundles"), metavar="DIR")
    make.add_argument("--epoch", type=int, default=0, help="security epoch (default: image/bundle/epoch)")
    make.add_argument(
        "--min-version", default="", metavar="V", help="the oldest that can be updated in one step"
    )
    make.add_argument("--build", default="", help="such as a commit")
    make.add_argument("--url", default="", help="where the bundle will lie; makes the channel file too")
    make.add_argument("--channel", choices=("stable", "beta"), default="stable")
    make.add_argument("--serial", type=int, default=0, help="of the channel file (default: now, in seconds)")
    make.add_argument("--notes", type=Path, metavar="FILE", help="what is new, for people")
    info = actions.add_parser("info", help="check a bundle's signature and show what it holds")
    info.add_argument("bundle", type=Path)
    info.add_argument("--keys", type=Path, default=default_keys(), metavar="DIR")
    return top


def main() -> int:
    """The exit status."""
    given = parser().parse_args()
    try:
        if given.action == "keys":
            make_keys(given.folder)
            print(f"{given.folder}: keep it safe; {given.folder / 'public'} goes into the image")
        elif given.action == "make":
            print(make_bundle(given))
        else:
            print(_rauc(["info", "--keyring", given.keys / "public/keyring.pem", given.bundle]), end="")
    except (ApplianceError, OSError) as error:
        print(f"tools/bundle: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
