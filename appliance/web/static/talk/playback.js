// In the audio thread: speech as it arrives, behind a buffer that grows when the network stumbles.
//
// in:  {chunk: Float32Array, turn} · {end: turn} · {cancel: true} · {gain: 0..1}
// out: {first: turn, contextMs} · {drained: turn} · {underrun: turn, bufferMs} · {rms}

const START_MS = 20;
const MAX_BUFFER_MS = 400;
const FADE_SECONDS = 0.005;
const LEVEL_FRAMES = 960;
const MAX_QUEUED_SECONDS = 120;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.bufferMs = START_MS;
    this.gain = 1;
    this.now = 1; // the gain of the last sample: it never jumps
    this.clear();
    this.energy = 0;
    this.counted = 0;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  clear() {
    this.queue = [];
    this.queued = 0;
    this.offset = 0;
    this.turn = 0;
    this.ended = false;
    this.running = false;
    this.sounded = false;
    this.fading = false;
  }

  take(data) {
    if (data.chunk) this.add(data.chunk, data.turn);
    else if (data.end !== undefined) this.finish(data.end);
    else if (data.cancel) this.cancel();
    else if (data.gain !== undefined) this.gain = data.gain;
  }

  add(chunk, turn) {
    if (turn !== this.turn || this.fading) {
      this.clear();
      this.turn = turn;
    }
    if (this.queued + chunk.length > MAX_QUEUED_SECONDS * sampleRate) return;
    this.queue.push(chunk);
    this.queued += chunk.length;
  }

  finish(turn) {
    if (turn !== this.turn) {
      this.port.postMessage({ drained: turn }); // nothing was said
      return;
    }
    this.ended = true;
  }

  cancel() {
    if (this.running && this.queued) this.fading = true;
    else this.clear();
  }

  process(_, [output]) {
    const out = output[0];
    if (!this.running && this.queued && (this.ended || this.queued >= (this.bufferMs / 1000) * sampleRate)) {
      this.running = true;
    }
    let filled = 0;
    if (this.running) {
      if (!this.sounded) {
        this.sounded = true;
        this.port.postMessage({ first: this.turn, contextMs: (currentFrame / sampleRate) * 1000 });
      }
      filled = this.fill(out);
    }
    for (let channel = 1; channel < output.length; channel += 1) output[channel].set(out);
    this.level(out);
    if (this.fading && (filled < out.length || this.now < 0.001)) this.clear();
    else if (filled < out.length) this.starved();
    return true;
  }

  fill(out) {
    const goal = this.fading ? 0 : this.gain;
    const step = 1 / (FADE_SECONDS * sampleRate);
    let filled = 0;
    while (filled < out.length && this.queue.length) {
      const chunk = this.queue[0];
      const count = Math.min(out.length - filled, chunk.length - this.offset);
      for (let i = 0; i < count; i += 1) {
        this.now += Math.max(-step, Math.min(step, goal - this.now));
        out[filled + i] = chunk[this.offset + i] * this.now;
      }
      filled += count;
      this.offset += count;
      this.queued -= count;
      if (this.offset === chunk.length) {
        this.queue.shift();
        this.offset = 0;
      }
    }
    return filled;
  }

  starved() {
    if (!this.running) {
      if (this.ended && !this.queued) this.drained();
      return;
    }
    if (this.ended) {
      this.drained();
      return;
    }
    this.running = false;
    this.bufferMs = Math.min(MAX_BUFFER_MS, this.bufferMs * 2);
    this.port.postMessage({ underrun: this.turn, bufferMs: this.bufferMs });
  }

  drained() {
    this.port.postMessage({ drained: this.turn });
    this.clear();
  }

  level(out) {
    for (const sample of out) this.energy += sample * sample;
    this.counted += out.length;
    if (this.counted < LEVEL_FRAMES) return;
    this.port.postMessage({ rms: Math.sqrt(this.energy / this.counted) });
    this.energy = 0;
    this.counted = 0;
  }
}

registerProcessor("talk-playback", Playback);
