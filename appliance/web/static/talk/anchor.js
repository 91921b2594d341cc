// When the audio context's time zero was, on the page's clock. Pure.
//
// Frames reach the page late whenever it is busy: that is no pause in the sound, and must not become one. Only when
// frame after frame is off by much the context has stood still, and then time has passed in the sound, too.

const OFF_MS = 120;
const FRAMES = 25; // half a second

export class Anchor {
  constructor() {
    this.ms = null;
    this.off = [];
  }

  /** A frame that began at `contextMs` is seen at `nowMs`. */
  see(contextMs, nowMs) {
    const found = nowMs - contextMs;
    this.ms ??= found;
    const off = found - this.ms;
    if (Math.abs(off) <= OFF_MS || (this.off.length && Math.sign(off) !== Math.sign(this.off[0]))) this.off = [];
    if (Math.abs(off) > OFF_MS) this.off.push(off);
    if (this.off.length < FRAMES) return;
    this.ms += off > 0 ? Math.min(...this.off) : Math.max(...this.off);
    this.off = [];
  }
}
