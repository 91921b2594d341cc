from __future__ import annotations

import sys
from pathlib import Path

from appliance.supervision import layout


def test_this_installation_is_shown_and_nothing_around_it() -> None:
    here = layout.look()
    package = Path(layout.__file__).parents[1]

    def shown(path: Path) -> bool:
        return any(str(path).startswith(tree + "/") or str(path) == tree for tree in here.read_only)

    assert shown(package)
    assert shown(Path(sys.prefix))
    assert shown(Path(sys.executable).resolve())
    assert not shown(package.parent)
    assert not shown(Path.home())
    assert not shown(Path("/etc/passwd"))
    assert all(Path(tree).exists() for tree in here.read_only)


def test_no_tree_lies_in_another() -> None:
    trees = layout.look().read_only
    assert len(set(trees)) == len(trees)
    assert not [one for one in trees for other in trees if one.startswith(other + "/")]


def test_links_are_followed_hop_by_hop_and_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "two").symlink_to("real")
    (tmp_path / "one").symlink_to(tmp_path / "two")
    hops = layout.links(str(tmp_path / "one"))
    assert hops == [(str(tmp_path / "two"), str(tmp_path / "one")), ("real", str(tmp_path / "two"))]
    (tmp_path / "circle").symlink_to("circle")
    assert len(layout.links(str(tmp_path / "circle"))) == layout.MAX_LINKS


def test_limits_of_this_process_are_numbers() -> None:
    assert all(0 < number <= 2**62 for number in layout.rlimit_ceilings())


def test_secrets_lie_in_the_home_the_data_and_the_settings() -> None:
    assert layout.private_places("/data") == ("/data", str(Path.home()), "/etc/appliance")
