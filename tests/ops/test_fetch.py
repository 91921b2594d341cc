"""Downloads over a real server that cuts, lies, redirects and never ends."""

from __future__ import annotations

import random
import socket
import threading
import time
from pathlib import Path

import pytest

from appliance.errors import ModelError
from appliance.ops.fetch import Job, Policy, discard, download, finish
from appliance.ops.https import allowed
from tests.ops.web import Web

CONTENT = random.Random(7).randbytes(3_000_000)


def silent(*_: int) -> None:
    """Progress for no one."""


HASTY = Policy(timeout_seconds=2.0, tries=3, pause_seconds=0.01)


def job(web: Web, tmp_path: Path, **fields: object) -> Job:
    web.files.setdefault("/model", CONTENT)
    values: dict[str, object] = {
        "url": f"{web.url}/model",
        "part": tmp_path / "model.part",
        "size": len(CONTENT),
        "report": silent,
        "policy": HASTY,
    }
    return Job(**(values | fields))  # type: ignore[arg-type]


def test_a_file_arrives_whole_and_says_how_far_it_is(web: Web, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    this = job(web, tmp_path, report=lambda done, total: seen.append((done, total)))
    download(this)
    assert this.part.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_cut_connection_goes_on_where_it_stopped(web: Web, tmp_path: Path) -> None:
    web.cut_after = [1_200_000, 1_100_000]
    this = job(web, tmp_path)
    download(this)
    assert this.part.read_bytes() == CONTENT
    ranges = [wanted for _, wanted, _ in web.requests]
    assert ranges == ["", "bytes=1200000-", "bytes=2300000-"]
    assert [condition for _, _, condition in web.requests[1:]] == ['"one"', '"one"']


def test_a_later_call_resumes_the_part(web: Web, tmp_path: Path) -> None:
    web.cut_after = [1_000, 0, 0]
    this = job(web, tmp_path)
    with pytest.raises(ModelError, match="the connection ended after 1000 of 3000000 bytes"):
        download(this)
    assert this.part.read_bytes() == CONTENT[:1_000]
    download(this)
    assert this.part.read_bytes() == CONTENT
    assert web.requests[-1][1] == "bytes=1000-"


def test_another_version_on_the_server_starts_again(web: Web, tmp_path: Path) -> None:
    web.cut_after = [1_000, 0, 0]
    this = job(web, tmp_path)
    with pytest.raises(ModelError):
        download(this)
    web.files["/model"] = other = bytes(reversed(CONTENT))
    web.etag = '"two"'
    download(this)
    assert this.part.read_bytes() == other


def test_a_server_without_ranges_starts_again(web: Web, tmp_path: Path) -> None:
    web.ranges = False
    web.cut_after = [500_000]
    this = job(web, tmp_path)
    download(this)
    assert this.part.read_bytes() == CONTENT


def test_without_validator_or_checksum_nothing_is_resumed(web: Web, tmp_path: Path) -> None:
    web.etag = ""
    web.cut_after = [500_000]
    this = job(web, tmp_path, checksum_known=False)
    download(this)
    assert [wanted for _, wanted, _ in web.requests] == ["", ""]


def test_a_part_that_is_whole_is_not_fetched_again(web: Web, tmp_path: Path) -> None:
    this = job(web, tmp_path)
    this.part.write_bytes(CONTENT)
    download(this)
    assert web.requests == []


def test_a_part_longer_than_the_file_is_dropped(web: Web, tmp_path: Path) -> None:
    this = job(web, tmp_path)
    this.part.write_bytes(CONTENT + b"more")
    download(this)
    assert this.part.read_bytes() == CONTENT


def test_a_range_past_the_end_starts_again(web: Web, tmp_path: Path) -> None:
    this = job(web, tmp_path, size=0)
    this.part.write_bytes(CONTENT + b"more")
    download(this)
    assert this.part.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_fault_is_tried_again(web: Web, tmp_path: Path, status: int) -> None:
    web.statuses = [status, status]
    this = job(web, tmp_path)
    download(this)
    assert this.part.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(web: Web, tmp_path: Path, status: int) -> None:
    web.statuses = [status]
    with pytest.raises(ModelError, match=f"the server answered {status}"):
        download(job(web, tmp_path))
    assert len(web.requests) == 1


def test_another_length_than_the_manifest_is_refused_before_reading(web: Web, tmp_path: Path) -> None:
    this = job(web, tmp_path, size=len(CONTENT) - 1)
    with pytest.raises(ModelError, match="the server has 3000000 bytes, the manifest says 2999999"):
        download(this)
    assert not this.part.exists()


def test_a_server_that_never_ends_is_cut_at_the_size(web: Web, tmp_path: Path) -> None:
    web.endless = True
    this = job(web, tmp_path)
    with pytest.raises(ModelError, match="sends more than the 3000000 bytes"):
        download(this)
    assert this.part.stat().st_size <= len(CONTENT)


def test_another_part_than_asked_for_is_refused(web: Web, tmp_path: Path) -> None:
    web.shifted = 5
    this = job(web, tmp_path)
    this.part.write_bytes(CONTENT[:1_000])
    with pytest.raises(ModelError, match="another part of the file"):
        download(this)


def test_a_short_answer_is_not_taken_for_the_file(web: Web, tmp_path: Path) -> None:
    web.announced = len(CONTENT)
    web.cut_after = [10, 10, 10, 10]
    with pytest.raises(ModelError, match="the connection ended after"):
        download(job(web, tmp_path))


def test_a_server_that_says_nothing_is_left(web: Web, tmp_path: Path) -> None:
    released = threading.Event()
    web.hang = lambda: released.wait(20)
    try:
        with pytest.raises(ModelError, match="timed out"):
            download(job(web, tmp_path, policy=Policy(timeout_seconds=0.1, tries=2, pause_seconds=0.01)))
    finally:
        released.set()
    assert len(web.requests) == 2


def test_a_server_that_drips_is_left(tmp_path: Path) -> None:
    """One byte now and then satisfies every read timeout, but not the pace."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_drip, args=(listener, stop))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/model"
        policy = Policy(timeout_seconds=5, tries=1, stall_seconds=0.2, stall_bytes=10_000)
        try:
            with pytest.raises(ModelError, match="bytes in"):
                download(Job(url, tmp_path / "p", 100_000, silent, policy))
        finally:
            stop.set()
            thread.join()


def _drip(listener: socket.socket, stop: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4_096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            try:
                connection.sendall(b"x")
            except OSError:
                return


def test_no_network_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    this = Job(f"http://127.0.0.1:{port}/m", tmp_path / "p", 10, silent, HASTY)
    with pytest.raises(ModelError) as caught:
        download(this)
    assert "cannot be fetched from 127.0.0.1: Connection refused" in caught.value.message
    assert "connect to the network" in caught.value.hint


def test_redirects_are_followed_a_few_times_and_never_off_https(web: Web, tmp_path: Path) -> None:
    web.redirects = {"/a": "/b", "/b": f"{web.url}/model"}
    this = job(web, tmp_path, url=f"{web.url}/a")
    download(this)
    assert this.part.read_bytes() == CONTENT
    for number in range(20):
        web.redirects[f"/{number}"] = f"/{number + 1}"
    with pytest.raises(ModelError):
        download(job(web, tmp_path, url=f"{web.url}/0", part=tmp_path / "q"))
    for target in ("http://example.org/x", "file:///etc/passwd", "ftp://127.0.0.1/x"):
        web.redirects["/a"] = target
        with pytest.raises(ModelError):
            download(job(web, tmp_path, url=f"{web.url}/a", part=tmp_path / "r"))
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.org/x", True),
        ("http://127.0.0.1:80/x", True),
        ("http://localhost/x", True),
        ("http://[::1]/x", True),
        ("http://example.org/x", False),
        ("http://127.0.0.1.example.org/x", False),
        ("http://10.0.0.1/x", False),
        ("file:///etc/passwd", False),
        ("ftp://localhost/x", False),
        ("data:text/plain,x", False),
        ("https://", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_https_or_this_machine(url: str, good: bool, tmp_path: Path) -> None:
    assert allowed(url) == good
    if not good:
        with pytest.raises(ModelError, match="not an https"):
            download(Job(url, tmp_path / "p", 1, silent, HASTY))


def test_a_full_disk_is_told_before_the_download(web: Web, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="MB are needed"):
        download(job(web, tmp_path, size=0, url=_huge(web)))


def _huge(web: Web) -> str:
    web.files["/huge"] = b"x"
    web.announced = 10**15
    return f"{web.url}/huge"


def test_a_finished_part_leaves_nothing_beside_it(web: Web, tmp_path: Path) -> None:
    this = job(web, tmp_path)
    download(this)
    assert (tmp_path / "model.part.json").exists()
    finish(this.part, tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    discard(this.part)


def test_waiting_between_tries_grows(web: Web, tmp_path: Path) -> None:
    web.statuses = [503, 503, 503]
    started = time.monotonic()
    with pytest.raises(ModelError, match="answered 503"):
        download(job(web, tmp_path, policy=Policy(tries=3, pause_seconds=0.02)))
    assert time.monotonic() - started >= 0.06
    assert len(web.requests) == 3
