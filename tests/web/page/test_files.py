"""The page's files: what is sent, how long it may be kept, and what the page says in which language."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from litestar.exceptions import NotFoundException

from appliance.firstboot import asking
from appliance.web.routes import pages
from appliance.web.routes.pages import (
    ASK_FIRST,
    FOLDER,
    FOR_EVER,
    answer,
    find,
    pack,
    read,
    start,
    takes_gzip,
)
from tests.web.access.served import served

LITERAL = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')
HOLE = re.compile(r"\{\w+\}")


@pytest.mark.parametrize(
    ("accepts", "takes"),
    [("gzip, deflate, br", True), ("br", False), ("", False), ("gzip;q=0", False), ("*", True),
     ("GZIP;q=0.5", True)],
)  # fmt: skip
def test_gzip_is_sent_to_who_takes_it(accepts: str, *, takes: bool) -> None:
    assert takes_gzip(accepts) is takes


def test_a_file_is_found_by_its_path_alone(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a.js").write_text("export {};")
    (tmp_path / "secret.toml").write_text("x")
    known = read(tmp_path)
    assert find(known, "/views/a.js")[1] == ASK_FIRST
    assert find(known, f"/v-{known.version}/views/a.js")[1] == FOR_EVER
    assert find(known, "/v-000000000000/views/a.js")[1] == ASK_FIRST
    for path in ("/secret.toml", "/views", "/../secret.toml", "/views/../views/a.js", "/", "/v-x"):
        with pytest.raises(NotFoundException):
            find(known, path)


def test_another_file_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    before = read(tmp_path)
    (tmp_path / "a.js").write_text("2")
    after = read(tmp_path)
    assert before.version != after.version
    assert before.by_path["a.js"].etag != after.by_path["a.js"].etag


def test_what_the_browser_has_is_not_sent_again() -> None:
    file = pack("a.css", b"body {}" * 100)
    assert answer(file, FOR_EVER, "gzip", "").headers["content-encoding"] == "gzip"
    again = answer(file, FOR_EVER, "gzip", f'"other", W/{file.etag}')
    assert (again.status_code, again.content) == (304, b"")


def test_small_files_are_sent_as_they_are() -> None:
    file = pack("a.css", b"a{}")
    assert file.packed is None
    assert "content-encoding" not in answer(file, ASK_FIRST, "gzip", "").headers


def test_the_page_knows_its_language_and_what_there_is() -> None:
    text = start(pages.files(), 'x"><script>', ("/api/updates", "/other")).body.decode()
    assert 'data-has="/api/updates"' in text
    assert "<script>" not in text
    assert "{version}" not in text


def test_nothing_is_inline_that_the_policy_forbids() -> None:
    page = (FOLDER / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page)
    for path in FOLDER.rglob("*.js"):
        text = path.read_text()
        assert "innerHTML" not in text, path
        assert "https://" not in text, path


def scripts() -> list[Path]:
    return [path for path in FOLDER.rglob("*.js") if "talk" not in path.parts]


def texts() -> set[str]:
    return {each for path in scripts() for each in LITERAL.findall(path.read_text())}


def test_everything_the_page_says_is_there_in_german() -> None:
    german = json.loads((FOLDER / "i18n" / "de.json").read_text())
    assert texts() - set(german) == set()
    assert len(texts()) > 200


def test_translations_have_the_same_holes_and_are_all_used() -> None:
    code = "".join(path.read_text() for path in scripts())
    states = {"closed", "locked", "unlocked", "off", "on", "open", "degraded", "down"}
    for english, german in json.loads((FOLDER / "i18n" / "de.json").read_text()).items():
        assert set(HOLE.findall(english)) == set(HOLE.findall(german)), english
        assert english in states or english in code, english


def test_what_the_appliance_says_of_its_set_up_is_there_in_german() -> None:
    german = json.loads((FOLDER / "i18n" / "de.json").read_text())
    assert {asking.NAME_ELSEWHERE, asking.WIFI_ELSEWHERE, asking.NO_CARD} <= set(german)


def test_a_real_server_sends_them_packed_and_kept(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        first = client.get("/")
        assert first.headers["content-type"] == "text/html; charset=utf-8"
        assert first.headers["cache-control"] == ASK_FIRST
        assert "default-src 'self'" in first.headers["content-security-policy"]
        (script,) = re.findall(r'<script type="module" src="([^"]+)"', first.text)
        sent = client.get(script)
        assert sent.headers["cache-control"] == FOR_EVER
        assert sent.headers["content-encoding"] == "gzip"
        assert sent.text == (FOLDER / "app.js").read_text()
        assert client.get(script, headers={"if-none-match": sent.headers["etag"]}).status_code == 304
        plain = client.get(script, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == sent.content
        missing = client.get("/static/nothing.js")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        for path in ("/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static/index.html%00"):
            assert client.get(path).status_code in {400, 404}


def test_the_whole_page_is_small() -> None:
    everything = [path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(body, 9)) for body in everything) < 150_000
