"""A model folder with another graph in it: links to the acoustic model's files, and a graph of our own.

It lies in the stage's private temporary folder while the library loads it, and is gone afterwards.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from appliance.errors import EngineError

MAX_SETTINGS_BYTES = 64 * 1024

# The appliance decides when a sentence is over, not the library: its own limits are put out of reach.
_NEVER_ENDS = {
    **{f"--endpoint.rule{number}.min-trailing-silence": "1000" for number in (1, 2, 3, 4)},
    "--endpoint.rule5.min-utterance-length": "1000",
}
_OLD_SETTINGS = {
    "--max-active": "7000",
    "--beam": "13.0",
    "--lattice-beam": "6.0",
    "--acoustic-scale": "1.0",
    "--frame-subsampling-factor": "3",
    "--endpoint.silence-phones": "1:2:3:4:5:6:7:8:9:10",
}
"""What the library takes for a model in the older layout, which brings no settings."""


class NoRoomError(EngineError):
    """This process may write nowhere, or not enough: so it is in a sandbox without a folder of its own."""


@contextmanager
def with_graph(
    model: Path, graph: Mapping[str, bytes], settings: Mapping[str, str], parent: Path | None = None
) -> Iterator[Path]:
    """A folder that is `model` but for the files of `graph` (names in its graph folder) and some settings; in
    `parent`, or where temporary files lie.

    Raises NoRoomError when there is no room for it.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="graph-", dir=parent))
    except OSError as error:
        raise _no_room(error) from error
    try:
        try:
            _fill(folder, model.resolve(), graph, settings)
        except OSError as error:
            raise _no_room(error) from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _no_room(error: OSError) -> NoRoomError:
    return NoRoomError(
        f"the home's graph cannot be written ({error})",
        "the recogniser wants a sandbox with a /tmp of its own: install bubblewrap, then: appliance doctor",
    )


def _fill(folder: Path, model: Path, graph: Mapping[str, bytes], settings: Mapping[str, str]) -> None:
    old = (model / "final.mdl").is_file()
    graph_folder = model if old else model / "graph"
    links = {
        "am/final.mdl": model / ("final.mdl" if old else "am/final.mdl"),
        "am/global_cmvn.stats": model / "am/global_cmvn.stats",
        "conf/mfcc.conf": model / ("mfcc.conf" if old else "conf/mfcc.conf"),
        "ivector": model / "ivector",
        "graph/phones/word_boundary.int": graph_folder / ("" if old else "phones") / "word_boundary.int",
        "graph/HCLr.fst": graph_folder / "HCLr.fst",
        "graph/disambig_tid.int": graph_folder / "disambig_tid.int",
    }
    for name, target in links.items():
        if target.exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(target)
    for name, content in graph.items():
        (folder / "graph" / name).write_bytes(content)
    written = _OLD_SETTINGS if old else _settings(model / "conf" / "model.conf")
    text = "".join(f"{key}={value}\n" for key, value in {**written, **settings, **_NEVER_ENDS}.items())
    (folder / "conf" / "model.conf").write_text(text)


def _settings(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        lines = opened.read(MAX_SETTINGS_BYTES).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("#")[0].strip().partition("=") for line in lines)
    return {key: value for key, _, value in pairs if key.startswith("--")}
