// Does somebody speak while the answer plays? Told from energy alone, against the room and our own echo. Pure.

const QUIET = 0.008; // -42 dBFS: below it nobody speaks to us
const ABOVE = 3.2; // 10 dB
const CERTAIN = { frames: 10, loud: 7 };
const LIKELY = { frames: 5, loud: 3 };
const ECHO_FRAMES = 20; // a room and a loudspeaker's delay
const ECHO_UP = 1.02;
const ECHO_DOWN = 0.995;
const MAX_ECHO = 1.0;
const MIN_ECHO = 0.01;
const FLOOR_UP = 1.01;

/** `hear` gets the microphone's RMS of each 20 ms while something plays; "quiet", "maybe" or "speech". */
export class Gate {
  constructor() {
    this.floor = 0.002;
    this.echo = 0.05; // what is left of our own sound in the microphone, behind the browser's cancellation
    this.reset();
  }

  /** A new answer begins. */
  reset() {
    this.loud = [];
    this.played = [];
  }

  /** While nothing plays: how loud the room is. */
  idle(rms) {
    this.floor = Math.max(1e-4, rms < this.floor ? 0.8 * this.floor + 0.2 * rms : Math.min(this.floor * FLOOR_UP, rms));
  }

  /** RMS of what leaves the loudspeaker. */
  plays(rms) {
    this.played.push(rms);
    if (this.played.length > ECHO_FRAMES) this.played.shift();
  }

  get threshold() {
    return Math.max(QUIET, ABOVE * this.floor, ABOVE * this.echo * Math.max(0, ...this.played));
  }

  hear(rms) {
    this.loud.push(rms > this.threshold);
    if (this.loud.length > CERTAIN.frames) this.loud.shift();
    this.learn(rms);
    if (count(this.loud) >= CERTAIN.loud) return "speech";
    return count(this.loud.slice(-LIKELY.frames)) >= LIKELY.loud ? "maybe" : "quiet";
  }

  learn(rms) {
    const played = Math.max(0, ...this.played);
    if (played < QUIET) return;
    const factor = rms > this.echo * played ? ECHO_UP : ECHO_DOWN;
    this.echo = Math.min(MAX_ECHO, Math.max(MIN_ECHO, this.echo * factor));
  }
}

function count(flags) {
  return flags.reduce((sum, flag) => sum + flag, 0);
}
