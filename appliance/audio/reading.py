"""Sound files of any rate and channel count → 16 kHz mono s16le; and s16le → WAV files.

WAV (8, 16, 24, 32 bit, float), FLAC and OGG (Vorbis, Opus), by libsndfile and soxr. Files are hostile: only
regular files are opened, reading is bounded in time and memory, and whatever is wrong is an AudioError.
"""

from __future__ import annotations

import contextlib
import os
import stat
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from appliance.audio import pcm, soundheader
from appliance.errors import AudioError

if TYPE_CHECKING:
    import soundfile

CONTAINERS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "OGG"})
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
MAX_CHANNELS = 64
MAX_READ_SECONDS = 3_600.0
MAX_STREAM_SECONDS = 86_400.0
MAX_WRITE_BYTES = 1024 * 1024 * 1024
BLOCK_VALUES = 262_144
"""So many samples of all channels are decoded at once: 1 MB."""
CONVERT = "convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav"


class Recording(msgspec.Struct, frozen=True):
    """A whole file: 16 kHz mono s16le, and how long it is."""

    pcm: bytes
    seconds: float


def read(path: Path, max_seconds: float = MAX_READ_SECONDS) -> Recording:
    """A whole file in memory (32 kB a second). Raises AudioError, also above `max_seconds`."""
    data = b"".join(stream(path, max_seconds))
    return Recording(data, pcm.milliseconds(data) / 1000)


def stream(path: Path, max_seconds: float = MAX_STREAM_SECONDS) -> Iterator[bytes]:
    """The file in pieces of 16 kHz mono s16le, in bounded memory.

    Raises AudioError at the first piece for what is no sound file, later where the decoder meets damage, and
    at the end when the file is shorter than it says. Pieces already given are good.
    """
    with _opened(path) as descriptor:
        shortage = soundheader.shortage(descriptor)
        with _decoder(path, descriptor) as sound:
            yield from _resampled(path, sound, max_seconds)
        if shortage:
            raise _cut_short(path, shortage)


def write_wav(path: Path, data: bytes, rate_hz: int) -> None:
    """Write mono s16le as a WAV file, whole or not at all. Raises AudioError."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ or len(data) > MAX_WRITE_BYTES:
        raise AudioError(f"{shown(path)}: {len(data)} bytes at {rate_hz} Hz do not fit a WAV file")
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise AudioError(f"{shown(path)} is not a regular file", "name a file to write")
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(pcm.SAMPLE_BYTES)
            sound.setframerate(rate_hz)
            sound.writeframes(data[: len(data) // pcm.SAMPLE_BYTES * pcm.SAMPLE_BYTES])
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise AudioError(
            f"{shown(path)} cannot be written: {error.strerror}", f"ls -ld {shown(target.parent)}"
        ) from error


def shown(path: Path) -> str:
    """The path as text that is safe to print: no control characters, no half characters."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A descriptor of a regular file that is not empty."""
    try:
        # Without O_NONBLOCK a named pipe in the file's place would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AudioError(f"{shown(path)} cannot be opened: {reason}", f"ls -l {shown(path)}") from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(
                f"{shown(path)} is a folder, not a sound file", f"name its files: {shown(path)}/*"
            )
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(f"{shown(path)} is a device or pipe, not a sound file", "name a file")
        if status.st_size == 0:
            raise AudioError(f"{shown(path)} is empty", "record or copy it again")
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _decoder(path: Path, descriptor: int) -> Iterator[soundfile.SoundFile]:
    """The file's decoder, with a header that makes sense."""
    import soundfile

    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        sound = soundfile.SoundFile(descriptor, closefd=False)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise AudioError(
            f"{shown(path)} is not a sound file that can be read: {_reason(error)}", CONVERT
        ) from error
    with sound:
        if sound.format not in CONTAINERS:
            raise AudioError(f"{shown(path)} is {sound.format}; WAV, FLAC and OGG are read", CONVERT)
        if not MIN_RATE_HZ <= sound.samplerate <= MAX_RATE_HZ:
            raise AudioError(f"{shown(path)} claims {sound.samplerate} samples a second", CONVERT)
        if not 1 <= sound.channels <= MAX_CHANNELS:
            raise AudioError(f"{shown(path)} claims {sound.channels} channels", CONVERT)
        yield sound


def _mono(path: Path, sound: soundfile.SoundFile, max_seconds: float) -> Iterator[Any]:
    """Blocks of float32 samples in -1…1, all channels mixed. Raises AudioError for damage and absence."""
    import numpy as np
    import soundfile

    frames = 0
    size = max(1, min(sound.samplerate, BLOCK_VALUES // sound.channels))
    while True:
        try:
            block = sound.read(size, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            at = f"after {frames / sound.samplerate:.1f} s"
            raise AudioError(
                f"{shown(path)} is damaged {at}: {_reason(error)}", "copy or record it again"
            ) from error
        if not len(block):
            break
        frames += len(block)
        if frames > max_seconds * sound.samplerate:
            raise AudioError(f"{shown(path)} is longer than {max_seconds:g} s", "cut it into shorter files")
        yield np.clip(np.nan_to_num(block.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    if not frames:
        raise AudioError(f"{shown(path)} holds no sound: 0 samples", "record or copy it again")
    if _says_how_long(sound) and frames < sound.frames:
        raise _cut_short(path, f"{frames / sound.samplerate:.1f} of {sound.frames / sound.samplerate:.1f} s")


def _says_how_long(sound: soundfile.SoundFile) -> bool:
    """Does the header's length come from the file itself? Streamed FLAC says 0, which is read as 2^63-1."""
    return bool(0 < sound.frames < 2**62)


def _resampled(path: Path, sound: soundfile.SoundFile, max_seconds: float) -> Iterator[bytes]:
    blocks = _mono(path, sound, max_seconds)
    if sound.samplerate == pcm.RATE_HZ:
        for block in blocks:
            yield _to_pcm(block)
        return
    import numpy as np
    import soxr

    resampler = soxr.ResampleStream(sound.samplerate, pcm.RATE_HZ, 1, dtype="float32")
    for block in blocks:
        yield _to_pcm(resampler.resample_chunk(block))
    yield _to_pcm(resampler.resample_chunk(np.empty(0, np.float32), last=True))


def _to_pcm(block: Any) -> bytes:
    import numpy as np

    return bytes(np.clip(np.rint(block * pcm.FULL_SCALE), -pcm.FULL_SCALE, pcm.FULL_SCALE - 1).astype("<i2"))


def _cut_short(path: Path, what: str) -> AudioError:
    return AudioError(f"{shown(path)} is cut short: {what}", "copy or record it again")


def _reason(error: Exception) -> str:
    """What libsndfile says, without its repetition of the file's name."""
    text = str(getattr(error, "error_string", error)).removeprefix("Error : ").strip().rstrip(".")
    return text[:200] or type(error).__name__
