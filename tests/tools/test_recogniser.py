"""The training of our own recogniser: its parts by themselves, and the model that it left in the tree."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ears.acoustic import read_phones
from appliance.engines import loading
from appliance.wire.messages import SpeechGrammar
from tests import hearing
from tests.checkout import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from ears import aligning, corpus, decoding, evaluating, features, kaldi, phones, rooms, speech, texts, voices

HOUSEHOLD = ROOT / "tools" / "ears" / "household.txt"
TOOL = ROOT / "tools" / "recogniser"


def layers(width: int = 16) -> list:
    """A network that knows nothing."""
    rng = np.random.default_rng(1)
    shapes = [((-1, 0, 1), features.BINS, width), ((-3, 0, 3), width, width), ((0,), width, phones.OUTPUTS)]
    return [
        (offsets, rng.normal(0, 0.1, (out, len(offsets) * into)), np.zeros(out))
        for offsets, into, out in shapes
    ]


def write_model(folder: Path) -> Path:
    (folder / "am").mkdir(parents=True)
    (folder / "conf").mkdir()
    (folder / "graph" / "phones").mkdir(parents=True)
    priors = np.full(phones.OUTPUTS, 1 / phones.OUTPUTS)
    (folder / "am" / "final.mdl").write_bytes(kaldi.acoustic_model(layers(), priors))
    (folder / "conf" / "mfcc.conf").write_text(features.CONFIGURATION)
    (folder / "conf" / "model.conf").write_text(decoding.DECODING)
    (folder / "graph" / "phones.txt").write_text(phones.phones_txt())
    (folder / "graph" / "phones" / "word_boundary.int").write_text(phones.word_boundaries())
    (folder / "graph" / "words.txt").write_text("<eps> 0\n[unk] 1\n")
    return folder


def test_the_model_that_is_written_has_the_transitions_that_graphs_are_written_for(tmp_path):
    found = read_phones(write_model(tmp_path / "model"))
    assert found is not None
    assert found.sounds() == list(phones.SOUNDS)
    for number, name in enumerate(phones.PHONES, start=1):
        assert found.by_name[name].stay == 2 * (number - 1) + 1
        assert found.by_name[name].enter == 2 * (number - 1) + 2


def test_the_library_loads_the_model_that_is_written(tmp_path):
    engine = loading.create("stt", "vosk", {}, {"model": str(write_model(tmp_path / "model"))}, 1)
    engine.open()
    engine.set_grammar(SpeechGrammar(("yes", "turn on the light")))
    engine.start()
    list(engine.feed(hearing.SILENCE))
    assert engine.finish().text in {"", "yes", "turn on the light"}
    engine.close()


def test_the_lexicon_of_the_model_adds_to_the_general_one():
    lines = HOUSEHOLD.read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        word, *sounds = line.split(" ")
        assert word not in texts.dictionary()
        assert set(sounds) <= set(phones.SOUNDS)


def test_no_voice_both_teaches_and_examines():
    rng = random.Random(3)
    teaching = {voices.training_voice(rng) for _ in range(20_000)}
    assert len(teaching) > 300
    assert teaching.isdisjoint(voices.HELD_OUT)
    assert not any(voice.maker == "festival" or voice.name.startswith("scotland") for voice in teaching)


def test_sentences_follow_from_the_seed_and_their_words_are_plain():
    def said(seed: int) -> list[str]:
        teller = texts.Teller(random.Random(seed))
        return [teller.sentence() for _ in range(300)]

    assert said(1) == said(1) != said(2)
    assert all(set(text) <= set("abcdefghijklmnopqrstuvwxyz' ") for text in said(1))
    unknown = {word for text in said(1) for word in text.split()} - texts.dictionary().keys()
    assert len(unknown) < 10


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (13, "thirteen"), (40, "forty"), (42, "forty two"), (100, "one hundred")],
)
def test_numbers_are_words(number, words):
    assert texts.number_words(number) == words


def tone(hz: float, amplitude: float = 3_000) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(8_000) / speech.RATE_HZ)


def test_loudness_changes_the_first_coefficient_only():
    once, twice = features.cepstra(tone(440)), features.cepstra(2 * tone(440))
    assert once.shape == (1 + (8_000 - 400) // 160, 40)
    # c0 = sqrt(40) · mean log energy, and energy is four times as high
    assert np.allclose((twice - once)[:, 0], np.sqrt(40) * np.log(4), atol=0.01)
    assert np.allclose(twice[:, 1:], once[:, 1:], atol=0.01)


def test_a_frame_is_computed_as_defined():
    """Against the sums written out, one coefficient at a time."""
    samples = np.random.default_rng(2).normal(0, 1000, 400)
    frame = samples - samples.mean()
    frame = np.array([frame[k] - 0.97 * frame[max(0, k - 1)] for k in range(400)])
    window = [(0.5 - 0.5 * np.cos(2 * np.pi * k / 399)) ** 0.85 for k in range(400)]
    power = np.abs(np.fft.fft(frame * window, 512)[:256]) ** 2

    def mel(hz):
        return 1127 * np.log(1 + hz / 700)

    edges = np.linspace(mel(20), mel(7600), 42)
    energies = []
    for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
        places = mel(np.arange(256) * 16_000 / 512)
        weights = np.minimum((places - left) / (middle - left), (right - places) / (right - middle))
        energies.append(np.log((np.maximum(weights, 0) * power).sum()))
    wanted = sum(energy * np.cos(np.pi / 40 * (place + 0.5) * 5) for place, energy in enumerate(energies))
    wanted *= np.sqrt(2 / 40) * (1 + 11 * np.sin(np.pi * 5 / 22))
    assert features.cepstra(samples)[0, 5] == pytest.approx(wanted, rel=1e-3)


@given(st.integers(0, 10_000))
def test_whatever_happens_on_the_way_samples_stay_samples(seed):
    voice = (tone(200, 0.3) * np.linspace(0, 1, 8_000)).astype(np.float32)
    sound = rooms.heard(voice, random.Random(seed), [tone(90, 0.2).astype(np.float32)])
    assert sound.shape == voice.shape
    assert np.isfinite(sound).all()
    assert sound.min() >= -32_768
    assert sound.max() <= 32_767
    assert np.array_equal(sound, np.rint(sound))
    assert np.array_equal(sound, rooms.heard(voice, random.Random(seed), [tone(90, 0.2).astype(np.float32)]))


def test_frames_get_the_sound_in_their_middle_at_any_speed():
    sounds = (("SIL", 0.1), ("AA", 0.2), ("T", 0.3))
    plain = corpus.frame_sounds(sounds, 32)
    assert [int(plain[frame]) for frame in (0, 8, 9, 18, 19, 31)] == [0, 0, 1, 1, phones.DISTRIBUTION["T"], 0]
    fast = corpus.frame_sounds(sounds, 16, 2.0)
    assert [int(fast[frame]) for frame in (0, 4, 9, 15)] == [0, 1, phones.DISTRIBUTION["T"], 0]


def likely(*names: str) -> np.ndarray:
    scores = np.full((len(names), phones.OUTPUTS), -8.0)
    for place, name in enumerate(names):
        scores[place, phones.DISTRIBUTION[name]] = -0.1
    return scores


WAYS = {"a": (("AH",), ("EY",)), "to": (("T", "UW"), ("T", "AH"))}


def test_the_best_way_through_the_pronunciations_is_found():
    heard = [("SIL", "EY", "EY", "T", "T", "UW"), ("AH", "SIL", "T", "AH", "SIL", "SIL")]
    chains = [aligning.chain("a to", WAYS)] * 2
    found = aligning.align([likely(*each) for each in heard], chains)
    for labels, names in zip(found, heard, strict=True):
        assert list(labels) == [phones.DISTRIBUTION[name] for name in names]


def test_what_was_heard_badly_gets_the_sounds_of_the_text():
    found = aligning.align([likely("SIL", "EY", "ZH", "UW", "SIL")], [aligning.chain("a to", WAYS)])
    assert list(found[0]) == [phones.DISTRIBUTION[name] for name in ("SIL", "EY", "T", "UW", "SIL")]


def test_too_little_sound_and_unknown_words_are_left_alone():
    assert aligning.chain("a zebra", WAYS) is None
    chain = aligning.chain("a to", WAYS)
    short, whole = aligning.align([likely("EY", "T"), likely("EY", "T", "UW")], [chain, chain])
    assert short is None
    assert len(whole) == 3


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a", "", 1), ("", "x y", 2), ("a b", "b a", 2)],
)
def test_word_errors_are_counted(said, heard, count):
    assert evaluating.edits(said.split(), heard.split()) == count


def test_flites_sounds_become_ours():
    assert phones.of_flite("ax") == ("AH",)
    assert phones.of_flite("pau") == ("SIL",)
    assert phones.of_flite("iy") == ("IY",)
    with pytest.raises(KeyError):
        phones.of_flite("q2")


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), ([], 2), (["sing"], 2)])
def test_the_tool_says_how_it_is_used(words, status):
    run = subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == status
    assert "usage: tools/recogniser train" in run.stdout + run.stderr


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_the_commands_say_what_they_take_and_begin_nothing(command):
    run = subprocess.run([TOOL, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0
    assert "--" in run.stdout
    assert "usage: tools/recogniser" in run.stdout
    assert not run.stderr
