// In the audio thread: the microphone as 20 ms frames of 16 kHz mono s16le, each with the time of its first sample.

import { Resampler } from "./resample.js";
import { FRAME_MS, RATE_HZ } from "./wire.js";

const SAMPLES = (RATE_HZ * FRAME_MS) / 1000;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.reset();
  }

  reset() {
    this.resampler = new Resampler(sampleRate, RATE_HZ);
    this.frame = new Int16Array(SAMPLES);
    this.filled = 0;
    this.energy = 0;
    this.startMs = null;
    this.frames = 0;
    this.expected = null;
  }

  process([input]) {
    if (!input.length) {
      if (this.startMs !== null) this.reset(); // no microphone: what comes later is no continuation
      return true;
    }
    if (this.expected !== null && currentFrame !== this.expected) this.reset();
    if (this.startMs === null) this.startMs = (currentFrame / sampleRate - this.resampler.delaySeconds) * 1000;
    this.expected = currentFrame + input[0].length;
    for (const sample of this.resampler.process(mono(input))) this.put(sample);
    return true;
  }

  put(sample) {
    const clipped = Math.max(-1, Math.min(1, sample));
    this.energy += clipped * clipped;
    this.frame[this.filled] = Math.round(clipped * 32767);
    this.filled += 1;
    if (this.filled < SAMPLES) return;
    const frame = this.frame;
    const contextMs = Math.max(0, this.startMs + this.frames * FRAME_MS);
    this.port.postMessage({ contextMs, pcm: frame, rms: Math.sqrt(this.energy / SAMPLES) }, [frame.buffer]);
    this.frame = new Int16Array(SAMPLES);
    this.filled = 0;
    this.energy = 0;
    this.frames += 1;
  }
}

function mono(channels) {
  if (channels.length === 1) return channels[0];
  const mixed = new Float32Array(channels[0].length);
  for (const channel of channels) for (let i = 0; i < mixed.length; i += 1) mixed[i] += channel[i] / channels.length;
  return mixed;
}

registerProcessor("talk-capture", Capture);
