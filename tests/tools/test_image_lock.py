"""The lock of Debian packages."""

import pytest

from tools import image_lock

MADISON = """\
   systemd | 257.13-1~deb13u1 | http://mirror/debian trixie/main amd64 Packages
   systemd | 257.9-1~deb13u1 | http://mirror/debian trixie/main amd64 Packages
      bash | 5.2.37-2+b9 | http://mirror/debian trixie/main amd64 Packages
"""


def test_a_lock_is_read_as_it_was_written() -> None:
    versions = {"systemd": "257.13-1~deb13u1", "bash": "5.2.37-2+b5"}
    text = image_lock.write_lock(versions, "n100")
    assert image_lock.read_lock(text) == versions
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "bash=5.2.37-2+b5",
        "systemd=257.13-1~deb13u1",
    ]


@pytest.mark.parametrize("line", ["bash", "=1", "bash=", "bash 1"])
def test_a_line_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        image_lock.read_lock(f"# lock\n{line}\n")


def test_differences_are_sentences() -> None:
    found = image_lock.differences({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"})
    assert found == [
        "b is 4; the lock has 2",
        "c 3 of the lock is not in the image",
        "d 5 is not in the lock",
    ]


def test_equal_locks_do_not_differ() -> None:
    assert image_lock.differences({"a": "1"}, {"a": "1"}) == []


def test_what_the_mirror_has_lost_is_named_with_what_it_has() -> None:
    offered = image_lock.offered(MADISON)
    assert offered["systemd"] == {"257.13-1~deb13u1", "257.9-1~deb13u1"}
    lost = image_lock.gone({"systemd": "257.9-1~deb13u1", "bash": "5.2.37-2+b5", "x": "1"}, offered)
    assert lost == ["bash 5.2.37-2+b5: the mirror has 5.2.37-2+b9", "x 1: the mirror has nothing"]


def test_manifests_of_image_and_initrd_are_one_list() -> None:
    manifests = [
        {"packages": [{"name": "a", "version": "1"}]},
        {"packages": [{"name": "b", "version": "2"}, {"name": "a", "version": "1"}]},
    ]
    assert image_lock.of_manifests(manifests) == {"a": "1", "b": "2"}
