from __future__ import annotations

import math
import os
import resource
import struct
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio import pcm, reading
from appliance.errors import AudioError

TONE_HZ = 440


def tone(rate_hz: int, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    wave_ = 0.5 * np.sin(2 * math.pi * TONE_HZ * np.arange(round(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave_[:, None], channels, axis=1)


def loudest_hz(data: bytes) -> float:
    samples = np.frombuffer(data, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * pcm.RATE_HZ / len(samples))


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        ("wav", "PCM_U8"), ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "PCM_32"), ("wav", "FLOAT"),
        ("wav", "DOUBLE"), ("wav", "ALAW"), ("flac", "PCM_16"), ("flac", "PCM_24"),
        ("ogg", "VORBIS"), ("ogg", "OPUS"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (16_000, 1), (48_000, 2)])
def test_formats(tmp_path: Path, suffix: str, subtype: str, rate_hz: int, channels: int) -> None:
    file = tmp_path / f"tone.{suffix}"
    soundfile.write(file, tone(rate_hz, channels=channels), rate_hz, subtype)
    recording = reading.read(file)
    assert recording.seconds == pytest.approx(0.5, abs=0.02)
    assert len(recording.pcm) == round(recording.seconds * 32_000)
    assert loudest_hz(recording.pcm) == pytest.approx(TONE_HZ, abs=4)
    assert pcm.rms(recording.pcm) == pytest.approx(0.5 / math.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(1_000, 1), (11_025, 6), (44_100, 3), (96_000, 8), (192_000, 1)]
)
def test_odd_rates_and_channels(tmp_path: Path, rate_hz: int, channels: int) -> None:
    file = tmp_path / "tone.wav"
    soundfile.write(file, tone(rate_hz, channels=channels), rate_hz, "PCM_16")
    recording = reading.read(file)
    assert recording.seconds == pytest.approx(0.5, abs=0.01)
    assert loudest_hz(recording.pcm) == pytest.approx(TONE_HZ, abs=4)


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=4_000).map(lambda each: b"\0\0" + each[: len(each) // 2 * 2]))
def test_our_own_format_is_read_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    # The leading sample: libsndfile takes sound whose first four bytes are "OggS" for another format.
    file = tmp_path_factory.mktemp("wav") / "own.wav"
    reading.write_wav(file, data, 16_000)
    assert reading.read(file).pcm == data


def test_channels_are_mixed(tmp_path: Path) -> None:
    stereo = np.zeros((1_600, 2))
    stereo[:, 1] = 0.5
    soundfile.write(tmp_path / "right.wav", stereo, 16_000, "PCM_16")
    assert pcm.rms(reading.read(tmp_path / "right.wav").pcm) == pytest.approx(0.25, abs=0.01)


def test_not_a_number_is_silence_and_too_loud_is_clipped(tmp_path: Path) -> None:
    values = np.array([math.nan, math.inf, -math.inf, 7.0, -7.0, 0.0] * 300, dtype=np.float32)
    soundfile.write(tmp_path / "odd.wav", values, 16_000, "FLOAT")
    samples = np.frombuffer(reading.read(tmp_path / "odd.wav").pcm, "<i2")[:6]
    assert samples.tolist() == [0, 32_767, -32_768, 32_767, -32_768, 0]


def header(rate_hz: int = 16_000, channels: int = 1, data_bytes: int = 3_200, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, (rate_hz * frame) & 0xFFFFFFFF, frame & 0xFFFF, bits)
    return (
        b"RIFF" + struct.pack("<I", (36 + data_bytes) & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16)
        + form + b"data" + struct.pack("<I", data_bytes)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello, this is no sound\n" * 50, "not a sound file"),
        (b"RIFF", "not a sound file"),
        (os.urandom(5_000), "not a sound file"),
        (b"fLaC" + os.urandom(500), "not a sound file|damaged"),
        (b"OggS" + os.urandom(500), "not a sound file|damaged|cut short"),
        (header(data_bytes=0), "holds no sound"),
        (header(rate_hz=1) + bytes(3_200), "claims 1 samples"),
        (header(rate_hz=4_000_000_000) + bytes(3_200), "claims|not a sound file"),
        (header(channels=255) + bytes(3_200 * 255), "claims 255 channels"),
        (header(channels=0) + bytes(3_200), "not a sound file"),
        (header(bits=0) + bytes(3_200), "not a sound file|holds no sound"),
        (header(data_bytes=32_000) + bytes(3_200), "cut short"),
        (header()[:36], "not a sound file|cut short|holds no sound"),
    ],
)
def test_what_is_no_sound_ends_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "bad.wav"
    file.write_bytes(content)
    with pytest.raises(AudioError, match=words) as error:
        reading.read(file)
    assert "bad.wav" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    "subtype", [("flac", "PCM_16"), ("ogg", "VORBIS"), ("wav", "PCM_16"), ("wav", "FLOAT")]
)
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_cut_short_says_so(tmp_path: Path, subtype: tuple[str, str], kept: float) -> None:
    file = tmp_path / f"cut.{subtype[0]}"
    noise = np.random.default_rng(1).normal(0, 0.1, 32_000)
    soundfile.write(file, noise, 16_000, subtype[1])
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(AudioError, match=r"cut short|damaged|not a sound file|holds no sound"):
        reading.read(file)


def test_a_wav_written_into_a_pipe_promises_too_much_and_is_whole(tmp_path: Path) -> None:
    for promise in (0x7FFF_F000, 0xFFFF_FFFF, 0xFFFF_F000):
        (tmp_path / "pipe.wav").write_bytes(header(data_bytes=promise) + bytes(3_200))
        assert reading.read(tmp_path / "pipe.wav").seconds == pytest.approx(0.1)


def test_other_containers_are_refused_with_the_way_to_convert_them(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "sound.aiff", tone(16_000), 16_000)
    with pytest.raises(AudioError, match="AIFF") as error:
        reading.read(tmp_path / "sound.aiff")
    assert "ffmpeg" in error.value.hint


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path, words in [
        (tmp_path, "is a folder"),
        (tmp_path / "missing.wav", "No such file"),
        (tmp_path / "pipe", "device or pipe"),
        (tmp_path / "loop", "symbolic links"),
        (Path("/dev/zero"), "device or pipe"),
        (Path("a\0b"), "null"),
    ]:
        with pytest.raises(AudioError, match=words):
            reading.read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    reading.write_wav(tmp_path / "own.wav", bytes(3_200), 16_000)
    (tmp_path / "own.wav").chmod(0)
    with pytest.raises(AudioError, match="Permission denied"):
        reading.read(tmp_path / "own.wav")


def test_a_name_cannot_write_to_the_terminal() -> None:
    assert reading.shown(Path("a\x1b[31m\n\udcff ü.wav")) == "a\\x1b[31m\\n\\xff ü.wav"


def test_too_long_is_an_error(tmp_path: Path) -> None:
    reading.write_wav(tmp_path / "long.wav", bytes(64_000), 16_000)
    with pytest.raises(AudioError, match=r"longer than 1\.5 s"):
        reading.read(tmp_path / "long.wav", max_seconds=1.5)


def test_streaming_is_reading(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.flac", tone(44_100, 7.3), 44_100)
    pieces = list(reading.stream(tmp_path / "tone.flac"))
    assert len(pieces) > 5
    assert b"".join(pieces) == reading.read(tmp_path / "tone.flac").pcm


def test_an_hour_is_never_in_memory_at_once(tmp_path: Path) -> None:
    file = tmp_path / "hour.flac"
    with soundfile.SoundFile(file, "w", 16_000, 1, "PCM_16") as sound:
        for _ in range(60):
            sound.write(np.zeros(16_000 * 60, np.int16))
    program = (
        "import resource, sys, pathlib; from appliance.audio import reading\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "pieces = reading.stream(pathlib.Path(sys.argv[1]))\n"
        "seconds = len(next(pieces)) / 32000; before = peak()\n"
        "seconds += sum(map(len, pieces)) / 32000; print(seconds, peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True
    )
    seconds, grown_kb = map(float, done.stdout.split())
    assert seconds == 3_600
    assert grown_kb < 20_000


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    reading.write_wav(tmp_path / "own.wav", bytes(64_000), 16_000)
    (tmp_path / "bad.wav").write_bytes(b"no")
    before = sorted(Path("/proc/self/fd").iterdir())
    for _ in range(20):
        next(reading.stream(tmp_path / "own.wav"))
        with pytest.raises(AudioError):
            reading.read(tmp_path / "bad.wav")
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_written_files_are_wav(tmp_path: Path) -> None:
    reading.write_wav(tmp_path / "out.wav", b"\1\0\2\0\3", 22_050)
    with wave.open(str(tmp_path / "out.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (22_050, 1, 2)
        assert sound.readframes(10) == b"\1\0\2\0"
    assert [each.name for each in tmp_path.iterdir()] == ["out.wav"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    reading.write_wav(tmp_path / "out.wav", bytes(3_200), 16_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(AudioError, match="cannot be written"):
            reading.write_wav(tmp_path / "out.wav", bytes(100_000), 16_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert reading.read(tmp_path / "out.wav").seconds == pytest.approx(0.1)
    assert [each.name for each in tmp_path.iterdir()] == ["out.wav"]


@pytest.mark.parametrize("name", [".", "missing/out.wav"])
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudioError):
        reading.write_wav(tmp_path / name, bytes(100), 16_000)


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(AudioError, match="not a regular file"):
        reading.write_wav(Path("/dev/null"), bytes(100), 16_000)
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("rate_hz", [0, -1, 10_000_000])
def test_rates_that_make_no_sense(tmp_path: Path, rate_hz: int) -> None:
    with pytest.raises(AudioError):
        reading.write_wav(tmp_path / "out.wav", bytes(100), rate_hz)


def test_the_shared_recordings(shared_audio: Path) -> None:
    files = [
        file
        for folder in ("wake/alexa", "noise/esc10", "background-speech")
        for file in sorted((shared_audio / folder).iterdir())[:20]
        if file.suffix in {".wav", ".flac", ".ogg"}
    ]
    refused = [refusal for file in files if (refusal := refused_with(file))]
    assert len(refused) <= 3
    assert all("damaged" in refusal for refusal in refused)


def refused_with(file: Path) -> str:
    """Why a file cannot be read, "" when it can."""
    try:
        assert reading.read(file).seconds > 0.5
    except AudioError as error:
        return error.message
    return ""
