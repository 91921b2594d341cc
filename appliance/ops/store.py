"""Where models lie, and whether what lies there is what the manifest says."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from appliance.config.model import Config
from appliance.errors import ModelError
from appliance.ops import checksums
from appliance.ops.checksums import Memory, WrongChecksum
from appliance.ops.manifest import Catalogue, Model, catalogue, folder


class MissingModel(ModelError):
    """A model that is not here but can be fetched or chosen: waiting for it is not a failure."""

    missing = True


class Store:
    """The models of one configuration: the image's folder, then the data folder, then installed packages."""

    def __init__(self, config: Config, known: Catalogue | None = None) -> None:
        self.config = config
        self.known = known if known is not None else catalogue(config)
        self.memory = Memory(folder(config))

    def places(self, model: Model) -> list[Path]:
        """Folders that may hold the model, best first."""
        if model.source_kind == "package":
            return [place] if (place := package_folder(model)) else []
        return [Path(self.config.paths.models) / model.name, folder(self.config) / model.name]

    def present(self, model: Model) -> Path | None:
        """The first place where all of the model's files are (not yet verified)."""
        return next((place for place in self.places(model) if is_complete(model, place)), None)

    def entry(self, model: Model) -> Path:
        """The verified file or folder that the engine opens.

        Raises MissingModel when it is not here, WrongChecksum when a file is not what it should be; such a
        file of the data folder is set aside as `….bad` and the model then counts as missing.
        """
        wrong: WrongChecksum | None = None
        for place in self.places(model):
            if not is_complete(model, place):
                continue
            try:
                check(model, place, self.memory)
            except WrongChecksum as error:
                self.set_aside(error.path)
                wrong = wrong or error
                continue
            return opened(model, place)
        raise wrong or missing(model)

    def set_aside(self, path: Path) -> None:
        """Rename a damaged file of the data folder to `….bad`; files elsewhere are not ours to touch."""
        if path.is_relative_to(folder(self.config)):
            bad = path.with_name(path.name + ".bad")
            try:
                path.replace(bad)
            except OSError as error:
                raise ModelError(f"{path} is damaged and cannot be set aside: {error.strerror}") from error

    def is_verified(self, model: Model, place: Path) -> bool:
        """Has every file been verified and not changed since? Reads no file but the memory."""
        try:
            expected = expected_sums(model, place)
        except ModelError:
            return False
        return bool(expected) and all(self.memory.knows(path) == sha256 for path, sha256 in expected.items())


def missing(model: Model) -> MissingModel:
    """The error for a model that is not here, with the command that mends it."""
    if model.source_kind == "package":
        what = f"model {model.name}: the package {model.source.package} is not installed"
        return MissingModel(what, "install the appliance's packages again: tools/run")
    if model.source_kind == "added":
        what = f"model {model.name} was added, but its file is gone"
        return MissingModel(what, f"appliance models add FILE --name {model.name} --engine {model.engine}")
    return MissingModel(f"model {model.name} is not here yet", f"appliance models fetch {model.name}")


def package_folder(model: Model) -> Path | None:
    """The folder inside an installed package that holds the model's files. Imports nothing."""
    member = PurePosixPath(model.files[0].member)
    spec = find_spec(member.parts[0])
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).parent / member.parent


def opened(model: Model, place: Path) -> Path:
    """What an engine opens of a model in this folder."""
    if model.unpack:
        return place
    return place / _name_in(model, 0)


def _name_in(model: Model, index: int) -> str:
    file = model.files[index]
    return Path(file.member).name if model.source_kind == "package" else file.name


def is_complete(model: Model, place: Path) -> bool:
    """Are all files there? An unpacked folder has a list of them."""
    if model.unpack:
        return _is_complete_unpacked(place)
    return all((place / _name_in(model, index)).exists() for index in range(len(model.files)))


def _is_complete_unpacked(place: Path) -> bool:
    if not (place / checksums.SUMS_FILE).is_file():
        return False
    try:
        _, sums = checksums.read_sums(place)
    except WrongChecksum:
        return False
    return bool(sums) and all((place / name).exists() for name in sums)


def expected_sums(model: Model, place: Path) -> dict[Path, str]:
    """Every file that must be verified, with its checksum. Empty for files that come inside a package.

    Raises ModelError for files that no one has vouched for.
    """
    if model.source_kind == "package":
        return {}
    if model.unpack:
        return _unpacked_sums(model, place)
    if not model.pinned:
        raise ModelError(
            f"model {model.name}: the manifest has no checksum for it",
            f"appliance models fetch {model.name} --trust-first-download",
        )
    return {place / file.name: file.sha256 for file in model.files}


def _unpacked_sums(model: Model, place: Path) -> dict[Path, str]:
    source, sums = checksums.read_sums(place)
    if not model.pinned or source != model.files[0].sha256:
        raise WrongChecksum(
            place / checksums.SUMS_FILE,
            f"{place} was unpacked from another archive than the manifest names",
            f"appliance models fetch {model.name}",
        )
    return {place / name: sha256 for name, sha256 in sums.items()}


def check(model: Model, place: Path, memory: Memory) -> None:
    """Verify every file, reading only those that are new or changed. Raises WrongChecksum, ModelError."""
    for path, sha256 in expected_sums(model, place).items():
        checksums.expect(path, sha256, memory.sha256(path))


def verify(model: Model, place: Path) -> None:
    """Verify every file by reading all of it. Raises WrongChecksum, ModelError."""
    for path, sha256 in expected_sums(model, place).items():
        checksums.expect(path, sha256, checksums.sha256_of(path))
