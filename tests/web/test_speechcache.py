"""Speech that was made before: found again, bounded, told apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.web.speechcache import Key, Sound, SpeechCache

KEY = Key("hello", "espeak", ":en", 1.0)


def key(text: str) -> Key:
    return KEY._replace(text=text)


def test_it_is_found_again() -> None:
    cache = SpeechCache()
    assert cache.get(KEY) is None
    cache.put(KEY, Sound(22_050, b"ab"))
    assert cache.get(KEY) == Sound(22_050, b"ab")
    assert (cache.hits, cache.misses) == (1, 1)


def test_the_least_recently_used_leaves() -> None:
    cache = SpeechCache(max_bytes=4)
    for text in "ab":
        cache.put(key(text), Sound(1, b"xx"))
    assert cache.get(key("a")) is not None
    cache.put(key("c"), Sound(1, b"xx"))
    assert cache.get(key("b")) is None
    assert cache.get(key("a")) is not None


def test_what_is_too_long_is_not_kept() -> None:
    cache = SpeechCache(max_bytes=100, max_one_bytes=10)
    cache.put(KEY, Sound(1, bytes(11)))
    assert len(cache) == cache.bytes == 0


@given(st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=12))))
def test_it_is_bounded_whatever_comes(puts: list[tuple[str, bytes]]) -> None:
    cache = SpeechCache(max_bytes=20, max_one_bytes=10)
    for text, pcm in puts:
        cache.put(key(text), Sound(1, pcm))
        assert cache.bytes <= 20
    left = [cache.get(each) for each in {key(text) for text, _ in puts}]
    assert cache.bytes == sum(len(sound.pcm) for sound in left if sound is not None)


def test_the_mark_of_each_sound_is_its_own() -> None:
    others = [
        KEY,
        key("Hello"),
        KEY._replace(engine="piper"),
        KEY._replace(voice=":de"),
        KEY._replace(speed=1.1),
    ]
    assert len({each.etag for each in others}) == len(others)
    assert KEY.etag == Key(*KEY).etag
    assert key("\ud800").etag.startswith('W/"')
