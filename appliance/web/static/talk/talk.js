// Speech in the browser. No dependencies, no build step; the protocol is in docs/talk-protocol.md.
//
//   import { Talk } from "/static/talk/talk.js";
//   const talk = new Talk({ area: "kitchen", language: "en", mode: "voice", wake: false });
//   talk.addEventListener("partial", ({ detail }) => show(detail.text));
//   button.onclick = () => talk.start();            // asks for the microphone: only from a click or a key
//
// new Talk(options): url (default: /api/talk of this host), area, language, mode "voice" | "text", wake (search
//   for the wake word), bargeIn "speech" | "off" (speech stops the answer), speed (0.5–2, or null), sounds
//   (the chime and the thinking tick), speech (false: answers are only read; the microphone works all the same),
//   deviceId (of a microphone), constraints (more of getUserMedia's for it;
//   usually echoCancellation is on, noiseSuppression and autoGainControl are off).
//
// Methods
//   await start()      connect; in voice mode open microphone and loudspeaker. Rejects with an Error whose
//                      `name` is the browser's (NotAllowedError: the microphone was refused); text still works then
//   press()            listen now, without the wake word; stops what is being said
//   release()          all is said. After a press shorter than 350 ms nothing: then silence ends the sentence
//   say(text) → id     as if it had been said; "begun" tells its turn
//   hush()             silence
//   await setMode(m)   "voice" or "text"
//   setSpeech(on)      answers aloud, or only in writing
//   setWake(on)        "wake" tells whether it is searched, or why not
//   bindKeys(target)   space = press and release, escape = hush, when no field has the focus; returns the undoing
//   await stop()       the end: microphone closed, conversation forgotten
//
// Properties: connection ("closed" | "connecting" | "open" | "lost" | "taken" | "failed"), state {phase, turn},
//   mode, wake, pressed, name (of the place in the appliance), figures (see "figures").
//
// Events (CustomEvent; what is in `detail`)
//   connection  {state, problem: {message, hint} | null}   "lost" comes back by itself; "taken": another tab has it
//   state       {phase: "idle" | "listening" | "thinking" | "speaking", turn}
//   partial     {turn, text}          transcript {turn, text, confidence, ms}      reply {turn, text}
//   intent      {turn, intent, source, ms}            deed {turn, entity_id, name, done, confirmed, reason, ms}
//   done        {turn, outcome}       note {turn, kind, at_ms, data}   every note, those above included
//   begun       {id, turn}            refused {id, message, hint}
//   level       {microphone, loudspeaker, threshold}   RMS, 0–1, about ten times a second
//   playing     {turn, latencyMs}     its first sample sounds; since its first piece arrived
//   played      {turn}
//   bargein     {turn, ms}            somebody spoke over the answer for so long before it was stopped
//   wake        {on, reason}          sound {what: "chime" | "tick"}        fresh {}  a new conversation began
//   figures     {firstAudioMs, captureJitterMs, serverJitterMs, roundTripMs, underruns, bufferMs,
//                droppedFrames, reconnects}   after each turn. firstAudioMs: end of speech to first sound, by the
//                appliance's clock; captureJitterMs: 95th percentile of how far frames are from 20 ms apart
//   problem     {message, hint}       of microphone or loudspeaker

import { Anchor } from "./anchor.js";
import { Gate } from "./gate.js";
import { Link } from "./link.js";
import { Resampler } from "./resample.js";
import { FRAME_MS } from "./wire.js";

const TAP_MS = 350;
const START_MS = 5000;
const BEFORE_PRESS_MS = 160;
const BEFORE_SPEECH_MS = 600;
const KEPT_FRAMES = BEFORE_SPEECH_MS / FRAME_MS;
const PIECE_SAMPLES = 4096;
const DUCKED = 0.3;
const LEVEL_EVERY = 5; // frames
const MAX_DELTAS = 500;
/** What makes a voice pleasant for people costs a recogniser words: docs/talk-protocol.md has the figures. */
const MICROPHONE = { echoCancellation: true, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
const SPOKEN_NOTES = ["partial", "transcript", "reply", "intent", "deed", "done"];
const FIELDS = "input, textarea, select, button, a[href], summary, [contenteditable], [role=button], [role=slider]";

export class Talk extends EventTarget {
  constructor(options = {}) {
    super();
    const usual = { url: own("/api/talk"), area: "", language: "", mode: "voice", wake: false };
    this.options = { ...usual, bargeIn: "speech", speed: null, sounds: true, speech: true, deviceId: null, constraints: {}, ...options };
    this.mode = this.options.mode;
    this.wake = this.options.wake;
    this.connection = "closed";
    this.state = { phase: "idle", turn: 0 };
    this.pressed = false;
    this.playing = 0; // turn that sounds now
    this.figures = { firstAudioMs: null, underruns: 0, bufferMs: null };
    this.ids = 0;
    this.gate = new Gate();
    this.anchor = new Anchor();
    this.recent = [];
    this.deltas = [];
    this.counted = 0;
    this.volume = 1;
    this.cancelled = 0;
  }

  async start() {
    if (!this.link) this.dial();
    if (this.mode === "voice") await this.openSound();
  }

  async stop() {
    this.link?.close();
    this.link = null;
    await this.closeSound();
    this.become({ phase: "idle", turn: 0 });
  }

  press() {
    this.listenNow(BEFORE_PRESS_MS);
    this.pressed = true;
    this.pressedMs = performance.now();
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    if (performance.now() - this.pressedMs >= TAP_MS) this.link?.send("release");
  }

  say(text) {
    this.ids += 1;
    this.link?.send("text", { text, id: this.ids });
    return this.ids;
  }

  /** What the appliance calls this conversation's place: the `site` of its notes elsewhere; "" before it is open. */
  get name() {
    return this.link?.name ?? "";
  }

  hush() {
    this.silence();
    this.link?.send("hush");
  }

  async setMode(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.link?.send("mode", { mode: this.told });
    if (mode === "voice") {
      await this.openSound();
      return;
    }
    const turn = this.playing;
    await this.closeSound();
    if (turn) this.link?.send("played", { turn });
  }

  /** Answers aloud, or only in writing. */
  setSpeech(on) {
    if (on === this.options.speech) return;
    if (!on) this.hush();
    this.options.speech = on;
    this.link?.send("mode", { mode: this.told });
  }

  /** The mode as the appliance knows it: whether it sends speech. */
  get told() {
    return this.mode === "voice" && this.options.speech ? "voice" : "text";
  }

  setWake(on) {
    this.wake = on;
    this.link?.send("wake", { on });
  }

  bindKeys(target = document) {
    const down = (event) => {
      if (busy(event)) return;
      if (event.code === "Escape") this.hush();
      if (event.code !== "Space") return;
      event.preventDefault();
      if (!event.repeat) this.press();
    };
    const up = (event) => {
      if (event.code !== "Space" || !this.pressed) return;
      event.preventDefault();
      this.release();
    };
    const away = () => this.release();
    target.addEventListener("keydown", down);
    target.addEventListener("keyup", up);
    window.addEventListener("blur", away);
    return () => {
      target.removeEventListener("keydown", down);
      target.removeEventListener("keyup", up);
      window.removeEventListener("blur", away);
    };
  }

  // --- microphone ---------------------------------------------------------------------------------------------

  async openSound() {
    if (this.context) {
      await this.context.resume();
      return;
    }
    const context = new AudioContext({ latencyHint: "interactive" });
    this.context = context;
    try {
      if (!(await runs(context))) throw new DOMException("the browser's sound does not start", "TimeoutError");
      await Promise.all(["capture.js", "playback.js"].map((file) => context.audioWorklet.addModule(new URL(file, import.meta.url))));
      if (this.context !== context) return;
      this.speaker = new AudioWorkletNode(context, "talk-playback", { numberOfInputs: 0, outputChannelCount: [2] });
      this.speaker.port.onmessage = ({ data }) => this.fromSpeaker(data);
      this.speaker.connect(context.destination);
      this.loudness();
      await this.openMicrophone(context);
    } catch (error) {
      if (!this.speaker) await this.closeSound();
      this.tell("problem", { message: error.message, hint: hint(error) });
      throw error;
    }
  }

  async openMicrophone(context) {
    const wanted = { ...MICROPHONE, ...this.options.constraints };
    if (this.options.deviceId) wanted.deviceId = { exact: this.options.deviceId };
    if (!navigator.mediaDevices) throw new DOMException("no microphone without HTTPS", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    if (this.context !== context) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.stream = stream;
    stream.getAudioTracks()[0].onended = () => this.tell("problem", { message: "the microphone is gone", hint: "" });
    this.capture = new AudioWorkletNode(context, "talk-capture", { numberOfOutputs: 0 });
    this.capture.port.onmessage = ({ data }) => this.fromMicrophone(data);
    context.createMediaStreamSource(stream).connect(this.capture);
  }

  async closeSound() {
    const { context } = this;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (this.capture) this.capture.port.onmessage = null;
    if (this.speaker) this.speaker.port.onmessage = null;
    this.context = this.stream = this.capture = this.speaker = null;
    this.anchor = new Anchor();
    this.recent = [];
    this.pressed = false;
    this.finishPlaying(false);
    if (context) await context.close();
  }

  fromMicrophone({ contextMs, pcm, rms }) {
    this.anchor.see(contextMs, performance.now());
    const frame = { clockMs: this.clock(contextMs), pcm };
    this.microphone = rms;
    this.measure();
    this.recent.push(frame);
    if (this.recent.length > KEPT_FRAMES) this.recent.shift();
    if (this.listensFor()) this.link?.sendAudio(frame.clockMs, pcm);
    if (this.playing && this.options.bargeIn === "speech") this.listenOver(rms);
    else if (!this.playing) this.gate.idle(rms);
    this.counted += 1;
    if (this.counted % LEVEL_EVERY === 0) {
      this.tell("level", { microphone: rms, loudspeaker: this.loudspeaker || 0, threshold: this.gate.threshold });
    }
  }

  /** A time of the audio context on this page's clock, which goes on while the context is suspended. */
  clock(contextMs) {
    return Math.max(0, contextMs + (this.anchor.ms ?? performance.now() - contextMs));
  }

  listensFor() {
    return this.mode === "voice" && (this.wake || this.pressed || this.state.phase === "listening" || this.asked);
  }

  listenOver(rms) {
    const heard = this.gate.hear(rms);
    this.speaker?.port.postMessage({ gain: heard === "maybe" ? this.volume * DUCKED : this.volume });
    if (heard === "quiet") this.overSinceMs = null;
    else this.overSinceMs ??= performance.now();
    if (heard !== "speech") return;
    const turn = this.playing;
    const ms = Math.round(performance.now() - this.overSinceMs) + 3 * FRAME_MS;
    this.overSinceMs = null;
    this.listenNow(BEFORE_SPEECH_MS);
    this.tell("bargein", { turn, ms });
  }

  /** Listen, and to what was said just before, too. */
  listenNow(backMs) {
    this.silence();
    if (!this.link || this.mode !== "voice") return;
    const before = this.recent.slice(-backMs / FRAME_MS);
    this.link.send("press", { back_ms: before.length * FRAME_MS });
    for (const { clockMs, pcm } of before) this.link.sendAudio(clockMs, pcm);
    this.asked = true; // until the appliance says that it listens
    clearTimeout(this.askedTimer);
    this.askedTimer = setTimeout(() => (this.asked = false), 5000);
  }

  measure() {
    const now = performance.now();
    if (this.lastFrameMs) this.deltas.push(Math.abs(now - this.lastFrameMs - FRAME_MS));
    this.lastFrameMs = now;
    if (this.deltas.length > MAX_DELTAS) this.deltas.shift();
  }

  // --- loudspeaker --------------------------------------------------------------------------------------------

  fromLink({ turn, rateHz, pcm }) {
    if (!this.speaker || turn === this.cancelled) return;
    if (turn !== this.arriving) {
      this.arriving = turn;
      this.arrivedMs = performance.now();
      this.rateHz = null;
    }
    if (rateHz !== this.rateHz) {
      this.resampler = new Resampler(rateHz, this.context.sampleRate);
      this.rateHz = rateHz;
    }
    for (let at = 0; at < pcm.length; at += PIECE_SAMPLES) {
      const piece = Float32Array.from(pcm.subarray(at, at + PIECE_SAMPLES), (sample) => sample / 32768);
      this.toSpeaker(this.resampler.process(piece).slice(), turn);
    }
  }

  toSpeaker(chunk, turn) {
    if (chunk.length) this.speaker.port.postMessage({ chunk, turn }, [chunk.buffer]);
  }

  endOfSpeech(turn) {
    if (!this.speaker) {
      this.link.send("playing", { turn });
      this.link.send("played", { turn });
      return;
    }
    if (turn === this.arriving && this.resampler && turn !== this.cancelled) this.toSpeaker(this.resampler.finish().slice(), turn);
    this.speaker.port.postMessage({ end: turn });
    this.arriving = 0;
  }

  fromSpeaker(data) {
    if (data.first !== undefined) this.sounds(data.first, data.contextMs);
    else if (data.drained !== undefined) this.drained(data.drained);
    else if (data.underrun !== undefined) {
      this.figures.underruns += 1;
      this.figures.bufferMs = data.bufferMs;
    } else {
      this.loudspeaker = data.rms;
      this.gate.plays(data.rms);
    }
  }

  sounds(turn, contextMs) {
    if (turn === this.cancelled) return;
    const outMs = (this.context.outputLatency || this.context.baseLatency || 0) * 1000;
    this.playing = turn;
    this.gate.reset();
    this.overSinceMs = null;
    this.link?.send("playing", { turn, at_ms: Math.round(this.clock(contextMs) + outMs) });
    this.tell("playing", { turn, latencyMs: Math.round(performance.now() - this.arrivedMs + outMs) });
  }

  drained(turn) {
    const outMs = (this.context?.outputLatency || 0) * 1000;
    setTimeout(() => {
      if (turn === this.cancelled) return;
      this.link?.send("played", { turn });
      this.finishPlaying(true, turn);
    }, outMs);
  }

  finishPlaying(whole, turn = this.playing) {
    if (this.playing === turn) this.playing = 0;
    this.speaker?.port.postMessage({ gain: this.volume });
    if (whole) this.tell("played", { turn });
  }

  /** Stop what sounds now, and what still comes of it. */
  silence() {
    const turn = this.playing || this.arriving;
    if (!turn) return;
    this.cancelled = turn;
    this.arriving = 0;
    this.speaker?.port.postMessage({ cancel: true });
    this.finishPlaying(false);
  }

  loudness() {
    this.speaker?.port.postMessage({ gain: this.volume });
  }

  sound(what) {
    this.tell("sound", { what });
    if (!this.options.sounds || !this.options.speech || !this.context || this.mode !== "voice") return;
    const tones = what === "chime" ? [[880, 0, 0.08], [1320, 0.07, 0.12]] : [[660, 0, 0.04]];
    const start = this.context.currentTime;
    for (const [hz, after, lasts] of tones) {
      const tone = new OscillatorNode(this.context, { frequency: hz });
      const gain = new GainNode(this.context, { gain: 0 });
      gain.gain.setTargetAtTime(0.06 * this.volume, start + after, 0.005);
      gain.gain.setTargetAtTime(0, start + after + lasts, 0.02);
      tone.connect(gain).connect(this.context.destination);
      tone.start(start + after);
      tone.stop(start + after + lasts + 0.2);
    }
  }

  // --- appliance ----------------------------------------------------------------------------------------------

  dial() {
    const hello = () => {
      const { area, language, speed } = this.options;
      return { area, language, mode: this.told, wake: this.wake, speed };
    };
    const link = new Link(this.options.url, hello);
    this.link = link;
    link.addEventListener("state", ({ detail }) => {
      this.connection = detail.state;
      this.tell("connection", detail);
    });
    link.addEventListener("speech", ({ detail }) => this.fromLink(detail));
    link.addEventListener("frame", ({ detail }) => this.take(detail));
    link.addEventListener("resumed", () => {
      link.send("mode", { mode: this.told }); // it may be a page that was loaded anew
      link.send("wake", { on: this.wake && this.mode === "voice" });
    });
    link.addEventListener("fresh", () => this.tell("fresh", {}));
    link.connect();
  }

  take({ type, n, ...fields }) {
    switch (type) {
      case "note":
        this.note(fields);
        break;
      case "state":
        this.become(fields);
        break;
      case "end":
        if (this.mode === "voice") this.endOfSpeech(fields.turn);
        break;
      case "cancel":
        this.cancel(fields.turn);
        break;
      case "sound":
        this.sound(fields.what);
        break;
      case "volume":
        this.volume = fields.level;
        this.loudness();
        break;
      default: // begun, refused, wake
        this.tell(type, fields);
    }
  }

  note(note) {
    if (note.kind === "listening" || note.kind === "done") this.asked = false;
    if (note.kind === "first_audio" && note.data.speech_end_ms) {
      this.figures.firstAudioMs = note.at_ms - note.data.speech_end_ms;
    }
    this.tell("note", note);
    if (SPOKEN_NOTES.includes(note.kind)) this.tell(note.kind, { turn: note.turn, ...note.data });
    if (note.kind === "done") this.tell("figures", this.measured());
  }

  measured() {
    const sorted = [...this.deltas].sort((a, b) => a - b);
    const jitter = sorted.length ? Math.round(sorted[Math.floor(sorted.length * 0.95)] * 10) / 10 : null;
    const { roundTripMs, jitterMs, droppedFrames, reconnects } = this.link?.figures ?? {};
    Object.assign(this.figures, { captureJitterMs: jitter, serverJitterMs: jitterMs, roundTripMs, droppedFrames, reconnects });
    return { ...this.figures };
  }

  become(state) {
    const { phase, turn } = state;
    if (phase === this.state.phase && turn === this.state.turn) return;
    this.state = { phase, turn };
    this.tell("state", this.state);
  }

  cancel(turn) {
    if (turn === this.playing || turn === this.arriving) this.silence();
    this.cancelled = turn;
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Whether it does within a while: a browser may wait for ever for a loudspeaker that is not there. */
async function runs(context) {
  const late = new Promise((done) => setTimeout(done, START_MS));
  await Promise.race([context.resume(), late]);
  return context.state === "running";
}

function own(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function busy(event) {
  const plain = event.ctrlKey || event.altKey || event.metaKey;
  return plain || (document.activeElement && document.activeElement.matches(FIELDS));
}

function hint(error) {
  if (error.name === "NotAllowedError") return "allow the microphone for this page, or type";
  if (error.name === "TimeoutError") return "press once more; is a loudspeaker connected?";
  if (error.name === "NotFoundError") return "plug in a microphone, or type";
  if (error.name === "SecurityError") return "open this page by https";
  return "";
}
