// Other sample rates, by a windowed-sinc filter in as many phases as the two rates need. Pure.

const HALF = 16; // zero crossings on each side, of the lower rate
const PASS = 0.92; // of the lower rate's band; what is above is 80 dB down where it would fold back
const BETA = 8.0;
const MAX_PHASES = 2048;

function gcd(a, b) {
  return b ? gcd(b, a % b) : a;
}

function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-9 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function table(phases, half, cut) {
  const taps = new Float32Array(phases * 2 * half);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    for (let k = 0; k < 2 * half; k += 1) {
      const t = k - half + 1 - phase / phases;
      const edge = 1 - (t / half) ** 2;
      const window = edge > 0 ? bessel(BETA * Math.sqrt(edge)) / bessel(BETA) : 0;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * cut * t) / (Math.PI * cut * t);
      taps[phase * 2 * half + k] = sinc * window;
      sum += sinc * window;
    }
    for (let k = 0; k < 2 * half; k += 1) taps[phase * 2 * half + k] /= sum;
  }
  return taps;
}

const TABLES = new Map(); // a sentence comes in many pieces, and a filter is dear to make

/** `process` takes Float32Arrays of any length at `fromHz` and gives what they are at `toHz`. */
export class Resampler {
  constructor(fromHz, toHz) {
    const common = gcd(fromHz, toHz);
    this.up = toHz / common;
    this.down = fromHz / common;
    const lower = Math.min(1, toHz / fromHz);
    this.half = Math.ceil(HALF / lower);
    this.phases = Math.min(this.up, MAX_PHASES);
    const key = `${this.phases} ${this.half} ${lower}`;
    if (!TABLES.has(key)) TABLES.set(key, table(this.phases, this.half, lower * PASS));
    this.taps = TABLES.get(key);
    this.kept = new Float32Array(this.half - 1);
    this.at = 0; // where the next sample lies between two input samples, in steps of 1/up
    this.delaySeconds = this.half / fromHz;
  }

  process(input) {
    if (this.up === this.down) return input;
    const all = new Float32Array(this.kept.length + input.length);
    all.set(this.kept);
    all.set(input, this.kept.length);
    const width = 2 * this.half;
    const room = all.length - width + 1; // starts that have all their taps
    const count = Math.max(0, Math.ceil((room * this.up - this.at) / this.down));
    const output = new Float32Array(count);
    let at = this.at;
    for (let n = 0; n < count; n += 1) {
      const start = Math.floor(at / this.up);
      const phase = Math.floor(((at - start * this.up) * this.phases) / this.up);
      const tap = phase * width;
      let sum = 0;
      for (let k = 0; k < width; k += 1) sum += all[start + k] * this.taps[tap + k];
      output[n] = sum;
      at += this.down;
    }
    const used = Math.max(0, Math.min(Math.floor(at / this.up), all.length));
    this.kept = all.slice(used);
    this.at = at - used * this.up;
    return output;
  }

  /** What is still inside, when nothing more follows. */
  finish() {
    return this.process(new Float32Array(this.half));
  }
}
