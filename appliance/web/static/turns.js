// Turns as they go on, put together from notes; and how long each part of one took. No page in here.

export const MAX_TURNS = 20;

/** Newest first. `take(note)` gives the turn that it changed, or null; `load(records)` what was before. */
export class Turns {
  /** `typed`: what was written before, as `this.typed` had it. */
  constructor(typed = []) {
    this.all = [];
    this.typed = new Map(typed); // what was written, by site and turn: no note tells it
  }

  /** These words began that turn. */
  write(site, number, text) {
    this.typed.set(`${site} ${number}`, text);
    if (this.typed.size > MAX_TURNS) this.typed.delete(this.typed.keys().next().value);
    const turn = this.find(site, number);
    if (turn) turn.heard ||= text;
    return turn;
  }

  load(records) {
    for (const record of records) {
      if (!this.find(record.site, record.turn)) this.all.push({ ...fresh(record.site, record.turn, record.at), ...record, heard: record.heard || this.typed.get(`${record.site} ${record.turn}`) || "", spoken_ms: spoken(record) });
    }
    this.all.sort((one, other) => other.at - one.at);
    this.all.length = Math.min(this.all.length, MAX_TURNS);
  }

  take({ turn: number, site, kind, at_ms: at, data = {} }, now = Date.now() / 1000) {
    if (!number || kind === "stage") return null;
    let turn = this.find(site, number);
    if (!turn) {
      turn = fresh(site, number, now);
      turn.began_ms = at;
      turn.heard = this.typed.get(`${site} ${number}`) || "";
      this.all.unshift(turn);
      this.all.length = Math.min(this.all.length, MAX_TURNS);
    }
    turn.began_ms ??= at - (turn.steps.at(-1)?.at_ms || 0); // it was loaded in the middle of it
    const relative = at - turn.began_ms;
    if (kind === "partial") turn.partial = String(data.text || "");
    else turn.steps.push({ kind, at_ms: relative });
    if (data.speech_end_ms) turn.spoken_ms = data.speech_end_ms - turn.began_ms; // 0: nobody spoke
    if (kind === "wake") turn.word = data.word || "";
    if (kind === "transcript") turn.heard = String(data.text || "");
    if (kind === "intent") Object.assign(turn, { intent: data.intent || "", source: data.source || "" });
    if (kind === "deed") turn.deeds.push(data);
    if (kind === "reply") turn.reply = `${turn.reply} ${data.text || ""}`.trim();
    if (kind === "done") turn.outcome = data.outcome || "done";
    if (kind === "first_audio" && turn.latency_ms === null) turn.latency_ms = Math.max(0, relative - (turn.spoken_ms ?? 0));
    return turn;
  }

  find(site, number) {
    return this.all.find((turn) => turn.turn === number && turn.site === site);
  }
}

function fresh(site, turn, at) {
  return { site, turn, at, steps: [], deeds: [], heard: "", partial: "", reply: "", word: "", intent: "", source: "", outcome: "", latency_ms: null, spoken_ms: null };
}

function spoken({ steps, latency_ms: latency }) {
  const sounded = steps.find((step) => step.kind === "first_audio");
  return sounded && latency !== null ? sounded.at_ms - latency : null;
}

/**
 * The parts of a turn one after the other: [{name, from, to}], milliseconds since the end of speech (of a typed
 * turn: since it came).
 */
export function parts(turn) {
  const first = (kind) => turn.steps.find((step) => step.kind === kind)?.at_ms;
  const last = (kind) => turn.steps.findLast((step) => step.kind === kind)?.at_ms;
  const sounded = first("first_audio");
  const points = [
    ["pause", first("endpoint")],
    ["words", last("transcript")],
    ["meaning", first("intent")],
    ["deeds", last("deed")],
    ["voice", sounded ?? first("reply")],
  ];
  const zero = turn.spoken_ms ?? first("endpoint") ?? first("transcript") ?? turn.steps[0]?.at_ms ?? 0;
  const found = [];
  let from = zero;
  for (const [name, at] of points) {
    if (at === undefined || at < from) continue;
    if (at > from || name !== "pause") found.push({ name, from: from - zero, to: at - zero });
    from = at;
  }
  return found;
}

/** Where it is: "listening", "thinking", "speaking" or "idle". */
export function phase(turn) {
  if (!turn || turn.outcome) return "idle";
  const kinds = turn.steps.map((step) => step.kind);
  if (kinds.includes("played")) return "idle";
  if (kinds.includes("first_audio")) return "speaking";
  if (["endpoint", "transcript", "intent", "reply"].some((kind) => kinds.includes(kind))) return "thinking";
  return "listening";
}
