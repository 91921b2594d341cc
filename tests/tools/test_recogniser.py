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
from appliance.ears.tuning import Tuning, read_tuning
from appliance.engines import loading
from appliance.wire.messages import SpeechGrammar
from tests import hearing
from tests.checkout import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from ears import (
    aligning,
    comparing,
    corpus,
    decoding,
    evaluating,
    features,
    kaldi,
    noises,
    people,
    phones,
    rhvoice,
    rooms,
    speech,
    sphinx,
    texts,
    voices,
)

HOUSEHOLD = ROOT / "tools" / "ears" / "household.txt"
TOOL = ROOT / "tools" / "recogniser"


def layers(width: int = 16) -> list:
    """A network that knows nothing."""
    rng = np.random.default_rng(1)
    shapes = [
        ((-1, 0, 1), features.CEPSTRA, width),
        ((-3, 0, 3), width, width),
        ((0,), width, phones.OUTPUTS),
    ]
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


def test_the_costs_that_come_with_the_model_are_read(tmp_path):
    folder = write_model(tmp_path / "model")
    (folder / "conf" / "graph.json").write_bytes(decoding.GRAPH)
    found = read_tuning(folder)
    assert found.foreign_phone < Tuning().foreign_phone
    assert 0.5 <= found.min_confidence < 1


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
    assert once.shape == (1 + (8_000 - 410) // 160, 13)
    # c0 = sqrt(25) · mean log energy, and energy is four times as high
    assert np.allclose((twice - once)[:, 0], np.sqrt(25) * np.log(4), atol=0.01)
    assert np.allclose(twice[:, 1:], once[:, 1:], atol=0.01)


def test_a_frame_is_computed_as_defined():
    """Against the sums written out, one coefficient at a time."""
    samples = np.random.default_rng(2).normal(0, 1000, 410)
    frame = samples - samples.mean()
    frame = np.array([frame[k] - 0.97 * frame[max(0, k - 1)] for k in range(410)])
    window = [0.54 - 0.46 * np.cos(2 * np.pi * k / 409) for k in range(410)]
    power = np.abs(np.fft.fft(frame * window, 512)[:256]) ** 2

    def mel(hz):
        return 1127 * np.log(1 + hz / 700)

    edges = np.linspace(mel(130), mel(6800), 27)
    energies = []
    for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
        places = mel(np.arange(256) * 16_000 / 512)
        weights = np.minimum((places - left) / (middle - left), (right - places) / (right - middle))
        energies.append(np.log((np.maximum(weights, 0) * power).sum()))
    wanted = sum(energy * np.cos(np.pi / 25 * (place + 0.5) * 5) for place, energy in enumerate(energies))
    wanted *= np.sqrt(2 / 25) * (1 + 11 * np.sin(np.pi * 5 / 22))
    assert features.cepstra(samples)[0, 5] == pytest.approx(wanted, rel=1e-3)


def test_the_running_mean_is_that_of_what_was_heard_and_of_all_speech():
    frames = np.random.default_rng(1).normal(5, 2, (1_000, features.CEPSTRA)).astype(np.float32)
    prior = np.full(features.CEPSTRA, 3.0)
    without = features.without_mean(frames, prior)
    for frame, before, counted in ((0, 1, 200), (399, 400, 200), (499, 500, 100), (900, 600, 0)):
        heard = frames[frame + 1 - before : frame + 1].sum(0, dtype=np.float64)
        wanted = frames[frame] - (heard + counted * prior) / (before + counted)
        assert np.allclose(without[frame], wanted, atol=1e-3)


def test_the_library_takes_the_mean_that_is_written(tmp_path):
    statistics = kaldi.mean_statistics(np.arange(13.0))
    assert statistics[:5] == b"\0BDM "
    rows = np.frombuffer(statistics[15:], "<f8").reshape(2, 14)
    assert list(rows[0]) == [*range(13), 1.0]
    folder = write_model(tmp_path / "model")
    (folder / "am" / "global_cmvn.stats").write_bytes(statistics)
    engine = loading.create("stt", "vosk", {}, {"model": str(folder)}, 1)
    engine.open()
    engine.close()


def test_smooth_bands_are_what_so_few_cepstra_tell():
    frames = features.cepstra(tone(440))
    assert np.allclose(features.from_bands(features.log_bands(frames)), frames, atol=1e-3)


def test_the_model_of_many_speakers_is_read_whole():
    model = sphinx.sphinx()
    assert set(model.names) - set(phones.DISTRIBUTION) == set(sphinx.NOISES)
    assert np.allclose(model.weights.sum(1), 0.95, atol=0.05)
    assert (model.variances > 0).all()
    assert (model.frames >= 1).all()
    number = model.names.index
    beside = [model.states(number("AE"), number(left), number("T"), sphinx.INSIDE) for left in ("K", "L")]
    assert list(beside[0]) != list(beside[1])
    alone = model.states(number("ZH"), 63, 63, sphinx.INSIDE)
    assert list(alone) == [3 * number("ZH") + state for state in range(3)]


def test_people_say_the_sounds_of_their_sentence():
    """The most frequent sound of each vowel's frames, by the Gaussians alone, is that vowel."""
    crowd = people.Crowd(random.Random(4))
    said = [crowd.say("see the moon and a star") for _ in range(30)]
    frames = np.concatenate([path for path, _ in said])
    sounds = np.concatenate([labels for _, labels in said])
    assert frames.shape == (len(sounds), features.CEPSTRA)
    model = sphinx.sphinx()
    for vowel in ("IY", "UW", "AA"):
        here = frames[sounds == phones.DISTRIBUTION[vowel]].mean(0)
        near = {
            other: np.linalg.norm(here - model.means[model.names.index(other), 0].mean(0))
            for other in ("IY", "UW", "AA", "S", "SIL")
        }
        assert min(near, key=near.__getitem__) == vowel


def test_a_path_fits_its_gaussians_and_their_differences():
    noise = np.random.default_rng(1)
    means = np.zeros((3, 60, 2))
    means[0, 30:] = 10
    variances = np.full((3, 60, 2), 4.0)
    loose = people.drawn(means, variances * np.array([1, 1e6, 1e6])[:, None, None], noise, 0.0)
    assert np.allclose(loose, means[0], atol=1e-3)
    smooth = people.drawn(means, variances, noise, 0.0)
    assert np.abs(np.diff(smooth, axis=0)).max() < 6 < np.abs(np.diff(loose, axis=0)).max()
    rough = people.drawn(means, variances, noise, 1.0)
    assert 0.5 < (rough - smooth).std() < 2


@given(st.integers(0, 10_000))
def test_wherever_people_are_heard_cepstra_stay_numbers(seed):
    rng = random.Random(seed)
    path = np.random.default_rng(seed).normal(0, 10, (80, features.CEPSTRA))
    frames = people.somewhere(path, np.array([75.0] + [0.0] * 12), rng)
    assert frames.shape == path.shape
    assert np.isfinite(frames).all()


def test_a_word_that_nobody_can_say_is_left_out():
    assert people.sounds_of("turn on the zwiebelfisch", random.Random(1)) == []
    assert people.Crowd(random.Random(1)).say("zwiebelfisch") is None
    assert people.sounds_of("a", random.Random(1))[1][1] == sphinx.ALONE


@given(st.integers(0, 10_000))
def test_noises_are_samples(seed):
    sound = noises.some_noise(1.5, random.Random(seed))
    assert sound.shape == (24_000,)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("maker", "voice"), [("rhvoice", "bdl"), ("pico", "en-US")])
def test_optional_synthesizers_speak_where_they_are_installed(maker, voice):
    if not rhvoice.present(maker):
        pytest.skip(f"{rhvoice.PROGRAMS[maker]} is not installed")
    spoken = corpus.Makers().say("turn on the light", speech.Voice(maker, voice), speech.Manner(1.1))
    assert spoken is not None
    assert 0.5 < len(spoken.samples) / speech.RATE_HZ < 4
    assert spoken.sounds == ()
    quiet = corpus.with_silence(spoken, random.Random(1))
    assert set(corpus.frame_sounds(quiet.sounds, 50)) == {corpus.UNKNOWN}


def test_contenders_that_are_not_there_are_left_out(tmp_path, capsys):
    (tmp_path / "own").mkdir()
    names = [each.name for each in comparing.contenders(tmp_path, tmp_path / "own")]
    assert names == ["PocketSphinx, the home's sentences", "our model, the home's graph"]
    assert "tiny" in capsys.readouterr().err


def test_the_spikes_model_without_its_own_graph_hears_the_homes_sentences(shared_models):
    [tiny] = [
        each for each in comparing.contenders(shared_models, shared_models / "none") if each.phones_only
    ]
    with comparing.without_its_graph(tiny) as folder:
        engine = evaluating.engine("vosk", folder)
        engine.set_grammar(SpeechGrammar(("turn on the light", "what time is it")))
        sound = hearing.spoken("turn on the light", "en-us") + hearing.SILENCE
        assert evaluating.hear(engine, sound) == "turn on the light"
        engine.close()


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


@pytest.mark.parametrize("command", ["train", "evaluate", "compare"])
def test_the_commands_say_what_they_take_and_begin_nothing(command):
    run = subprocess.run([TOOL, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0
    assert "--" in run.stdout
    assert "usage: tools/recogniser" in run.stdout
    assert not run.stderr
