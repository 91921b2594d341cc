"""Names that strangers cannot have, and pages that are ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.origins import Host, Origin, host, is_ours, is_same, origin

NAMES = ("kitchen.local", "kitchen", "localhost", "192.168.1.9", "fd00::9")
LISTED = (Origin("https", "voice.example.org", 443),)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("Kitchen.Local:8085", Host("kitchen.local", 8085)),
        ("192.168.1.9", Host("192.168.1.9", None)),
        ("[fd00::9]:8085", Host("fd00::9", 8085)),
        ("kitchen.local.", Host("kitchen.local", None)),
        *[(bad, None) for bad in (
            "", ":80", "a b", "a:b", "a:0", "a:65536", "a:123456", "[::1", "::1", "[zz]", "a/b", "a@b",
            "a\tb", "a,b", "a" * 300, "http://a", "[127.0.0.1", "a:80:90", "é",
        )],
    ],
)  # fmt: skip
def test_hosts(header: str, wanted: Host | None) -> None:
    assert host(header) == wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("https://Voice.example.org", LISTED[0]),
        ("http://192.168.1.9:8085", Origin("http", "192.168.1.9", 8085)),
        ("http://[fd00::9]", Origin("http", "fd00::9", 80)),
        *[(bad, None) for bad in (
            "", "null", "file://", "https://", "https://a/b", "https://a?b", "https://u@a", "ftp://a", "a",
            "https://a b", "https://a https://b", "https://a:0", "data:x", "javascript://a", "x" * 500,
        )],
    ],
)  # fmt: skip
def test_origins(header: str, wanted: Origin | None) -> None:
    assert origin(header) == wanted


@pytest.mark.parametrize(
    "name",
    ["kitchen.local", "kitchen", "localhost", "127.0.0.1", "[::1]", "192.168.1.9", "10.1.1.1", "[fd00::9]",
     "tv.local", "voice.example.org", "x.localhost"],
)  # fmt: skip
def test_our_names(name: str) -> None:
    asked = host(f"{name}:8085")
    assert asked is not None
    assert is_ours(asked, NAMES, LISTED)


@pytest.mark.parametrize(
    "name",
    ["evil.example", "kitchen.local.evil.example", "kitchen.evil", "notlocal", "8.8.8.8", "[2001:db8::1]",
     "local", "localhost.evil.example", "192.168.1.9.evil.example", "0x7f.1", "2130706433", "example.org"],
)  # fmt: skip
def test_names_that_a_stranger_can_have(name: str) -> None:
    asked = host(name)
    assert asked is not None
    assert not is_ours(asked, NAMES, LISTED)


@pytest.mark.parametrize(
    ("page", "asked", "scheme", "same"),
    [
        ("http://kitchen.local:8085", "kitchen.local:8085", "http", True),
        ("https://kitchen.local:8085", "kitchen.local:8085", "https", True),
        ("http://kitchen.local", "kitchen.local", "http", True),
        ("https://kitchen.local", "kitchen.local:443", "https", True),
        ("http://kitchen.local:8123", "kitchen.local:8085", "http", False),  # another program of this machine
        ("http://kitchen.local:8085", "kitchen.local:8085", "https", False),
        ("http://evil.example:8085", "kitchen.local:8085", "http", False),
        ("https://voice.example.org", "voice.example.org", "http", True),  # behind a proxy that ends TLS
        ("https://voice.example.org", "kitchen.local", "http", False),
    ],
)
def test_our_own_page(page: str, asked: str, scheme: str, same: bool) -> None:
    from_page, name = origin(page), host(asked)
    assert from_page is not None
    assert name is not None
    assert is_same(from_page, name, scheme, LISTED) is same


@given(some.text(max_size=300))
def test_whatever_comes_is_a_host_or_none(header: str) -> None:
    found = host(header)
    if found is not None:
        again = f"[{found.name}]" if ":" in found.name else found.name
        assert host(again if found.port is None else f"{again}:{found.port}") == found


@given(some.text(max_size=300), some.sampled_from(["", "http://", "https://", "HTTPS://"]))
def test_whatever_comes_is_an_origin_or_none(rest: str, scheme: str) -> None:
    found = origin(scheme + rest)
    if found is not None:
        assert found.scheme in {"http", "https"}
        assert 1 <= found.port <= 65_535
        assert not set(found.name) & set("/?#@ \t\n")


@given(some.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True))
def test_only_our_own_page_is_our_own(name: str) -> None:
    page = origin(f"http://{name}")
    if page is not None and page.name != "kitchen.local":
        assert not is_same(page, Host("kitchen.local", None), "http", LISTED)
