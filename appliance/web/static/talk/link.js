// The connection of a talk: numbered frames, kept until they surely arrived, and a way back when it breaks.
//
// Events: "state" {state, problem}, "frame" (a text frame), "speech" (see wire.decodeSpeech), "fresh" (a new
// conversation began: what was asked before is forgotten there), "resumed" (it goes on).

import { VERSION, decodeSpeech, encodeAudio } from "./wire.js";

const PING_MS = 5000;
const DEAD_MS = 12000;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 8000;
const MAX_KEPT = 600; // frames; twelve seconds of sound
const MAX_UNSENT_BYTES = 64 * 1024; // two seconds of sound
const STALE_MS = 60000;
const FINAL = { 4400: "failed", 4409: "taken", 4413: "failed" };
const STORED = "appliance-talk";

export class Link extends EventTarget {
  /** `hello` gives what is said first: {area, language, mode, wake, speed}. */
  constructor(url, hello) {
    super();
    this.url = url;
    this.hello = hello;
    this.socket = null;
    this.wanted = false;
    this.open = false;
    this.token = recall();
    this.heard = this.token ? 2 ** 32 - 1 : 0;
    this.n = 0;
    this.kept = []; // {n, data, fields}: what may have to be sent again; `fields` of text frames
    this.waitMs = FIRST_WAIT_MS;
    this.figures = { roundTripMs: null, jitterMs: null, droppedFrames: 0, reconnects: 0 };
    this.problem = null;
    this.met = false; // the appliance has answered once
    this.name = ""; // of the place in the appliance
  }

  connect() {
    this.wanted = true;
    this.dial();
  }

  /** End the conversation for good. */
  close() {
    if (this.open) this.send("bye");
    this.wanted = false;
    this.kept = [];
    remember("");
    clearTimeout(this.redial);
    clearInterval(this.pinging);
    if (this.socket) this.socket.close(1000);
    this.open = false;
    this.state("closed");
  }

  send(type, fields = {}) {
    this.n += 1;
    const all = { type, n: this.n, ...fields };
    this.keep({ n: this.n, data: JSON.stringify(all), fields: all });
  }

  /** `pcm`: Int16Array. Left out when the connection takes nothing any more. */
  sendAudio(clockMs, pcm) {
    this.n += 1;
    if (this.open && this.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.figures.droppedFrames += 1;
      return;
    }
    this.keep({ n: this.n, data: encodeAudio(this.n, clockMs, pcm), fields: null, sound: { clockMs, pcm } });
  }

  keep(frame) {
    this.kept.push({ ...frame, atMs: performance.now() });
    if (this.kept.length > MAX_KEPT) this.kept.shift();
    if (this.open && this.socket.readyState === WebSocket.OPEN) this.socket.send(frame.data);
  }

  dial() {
    this.state("connecting");
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.lastMs = performance.now();
    clearInterval(this.pinging);
    this.pinging = setInterval(() => this.care(socket), PING_MS / 5);
    socket.onopen = () => {
      const resumes = this.token ? { token: this.token, heard: this.heard } : {};
      socket.send(JSON.stringify({ type: "hello", version: VERSION, ...this.hello(), ...resumes }));
    };
    socket.onmessage = ({ data }) => socket === this.socket && this.take(data);
    socket.onclose = ({ code, reason }) => socket === this.socket && this.lost(code, reason);
  }

  care(socket) {
    const now = performance.now();
    if (now - this.lastMs > DEAD_MS) {
      socket.onclose = null;
      socket.close();
      this.lost(1006, "");
    } else if (this.open && now - (this.pingedMs || 0) >= PING_MS) {
      this.pingedMs = now;
      this.send("ping", { at: Math.round(now) });
    }
  }

  lost(code, reason) {
    clearInterval(this.pinging);
    this.open = false;
    this.socket = null;
    if (!this.wanted) return;
    const final = FINAL[code];
    if (final) {
      this.wanted = false;
      if (final === "failed") remember("");
      this.state(final, { message: reason, hint: "" });
      return;
    }
    this.state("lost", this.problem);
    this.redial = setTimeout(() => this.dial(), this.waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2);
  }

  take(data) {
    this.lastMs = performance.now();
    if (typeof data !== "string") {
      const speech = decodeSpeech(data);
      if (speech && this.isNew(speech.n)) this.tell("speech", speech);
      return;
    }
    const frame = JSON.parse(data);
    if (frame.type === "welcome") this.welcome(frame);
    else if (frame.type === "problem") this.problem = { message: frame.message, hint: frame.hint };
    else if (this.isNew(frame.n)) this.text(frame);
  }

  isNew(n) {
    if (n <= this.heard) return false;
    this.heard = n;
    return true;
  }

  welcome(frame) {
    const before = this.token;
    this.token = frame.token;
    this.name = frame.name;
    remember(frame.token);
    this.heard = frame.from;
    this.problem = null;
    this.waitMs = FIRST_WAIT_MS;
    if (before) this.figures.reconnects += 1;
    if (frame.resumed) this.again(frame.heard);
    else this.anew();
    this.met = true;
    this.open = true;
    this.state("open");
    this.tell(frame.resumed ? "resumed" : "fresh", frame);
    this.tell("frame", { type: "state", ...frame.state });
  }

  /** The same conversation: what did not arrive is sent again. */
  again(heard) {
    if (!this.met || this.n < heard) {
      this.renumber(this.kept, heard); // a page that was loaded again
      return;
    }
    for (const frame of this.kept) if (frame.n > heard) this.socket.send(frame.data);
  }

  renumber(frames, from) {
    this.n = from;
    this.kept = [];
    for (const { fields, sound, atMs } of frames) {
      if (!fields && !sound) continue;
      this.n += 1;
      const all = fields && { ...fields, n: this.n };
      const data = all ? JSON.stringify(all) : encodeAudio(this.n, sound.clockMs, sound.pcm);
      this.kept.push({ n: this.n, data, fields: all, sound, atMs });
      this.socket.send(data);
    }
  }

  /**
   * Another conversation: what was typed meanwhile still matters; and who pressed before the first answer was there
   * has spoken to somebody who was not there yet: all of it is said then.
   */
  anew() {
    const recent = (frame) => performance.now() - frame.atMs < STALE_MS;
    const pressed = this.met ? -1 : this.kept.findLastIndex((frame) => frame.fields?.type === "press");
    const matters = (frame, index) => frame.fields?.type === "text" || (pressed >= 0 && index >= pressed);
    this.heard = 0;
    this.renumber(this.kept.filter((frame, index) => recent(frame) && matters(frame, index)), 0);
  }

  text(frame) {
    if (frame.type === "pong") {
      this.figures.roundTripMs = Math.round(performance.now() - frame.at);
      this.figures.jitterMs = frame.jitter_ms;
      this.kept = this.kept.filter((kept) => kept.n > frame.heard);
      return;
    }
    if (frame.type === "begun") this.kept = this.kept.filter(({ fields }) => !(fields?.type === "text" && fields.id === frame.id));
    this.tell("frame", frame);
  }

  state(state, problem = null) {
    this.tell("state", { state, problem });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function recall() {
  try {
    return sessionStorage.getItem(STORED) || "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

function remember(token) {
  try {
    sessionStorage.setItem(STORED, token);
  } catch {
    // a browser that keeps nothing: a page that is loaded again begins anew
  }
}
