"""Says what comes on standard input with eSpeak NG: `python -m appliance.firstboot.voice LANGUAGE`.

For the time before the appliance runs; the process ends with the sentence. Status 1: it could not be said.
"""

from __future__ import annotations

import sys

from appliance.errors import ApplianceError

MAX_TEXT = 500


def speak(language: str, text: str) -> None:
    """Speak it to the end. Raises ApplianceError (no voice, no card)."""
    from appliance.audio.portaudio import PortAudio
    from appliance.engines.tts.espeak import Engine, Options
    from appliance.errors import AudioError

    engine = Engine(Options(language=language), {}, 1)
    engine.open()
    library = PortAudio()
    library.open()
    device = library.find("output", "default")["index"]
    pieces = list(engine.speak(text, 0.9))
    sounddevice = library.sounddevice
    try:
        with sounddevice.RawOutputStream(
            samplerate=pieces[0].rate_hz, channels=1, dtype="int16", device=device
        ) as stream:
            for piece in pieces:
                stream.write(piece.pcm)
    except sounddevice.PortAudioError as error:
        raise AudioError(f"the loudspeaker cannot be used: {error}") from error


def main() -> int:
    """The process."""
    try:
        speak(sys.argv[1], sys.stdin.read(MAX_TEXT))
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
