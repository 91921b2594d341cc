// What it hears, does and says.

import { get, maybe, notes, post, session } from "../api.js";
import { busy, button, empty, field, h, icon, replace, s, toggle } from "../dom.js";
import { clock, language, number, t } from "../i18n.js";
import { keepTyped, typed } from "../kept.js";
import { Turns, parts, phase } from "../turns.js";

const PARTS = { pause: "Noticing the end", words: "Words", meaning: "Meaning", deeds: "Doing", voice: "Voice" };
const PHASES = { idle: "Hold to speak, or tap and say it", listening: "Listening…", thinking: "Thinking…", speaking: "Speaking…" };
const OUTCOMES = { error: "bad", failed: "bad", cancelled: "warn", nothing: "plain", denied: "warn" };
const MAX_TEXT = 500;
const LOUD = 0.2; // RMS of a voice close to the microphone
const TAP_SHOWN = 8;
/** Where the space bar has another meaning. */
const FIELDS = "input, textarea, select, button, a[href], summary, dialog, [contenteditable]";

let talk = null; // the conversation outlives the view

export async function show(root) {
  const before = typed();
  const turns = new Turns(before.turns);
  const [records, status] = await Promise.all([get(`/api/turns?words=true&limit=${TAP_SHOWN}`), maybe("/api/status", {})]);
  turns.load(records);
  const view = build(root, status);
  if (!talk) view.input.value = [...before.unsent, before.draft].join(" ").trim().slice(0, MAX_TEXT);
  else view.input.value = before.draft;
  keepTyped({ draft: view.input.value, unsent: [...written.values()] });
  view.all = turns;
  drawTurns(view, turns);
  const ends = [notes.listen((note) => take(view, turns, note)), wire(view)];
  return () => {
    for (const end of ends) end();
    if (talk?.mode === "voice") talk.setMode("text").catch(report); // the microphone is not open behind other views
  };
}

function build(root, status) {
  const view = { press: h("button", { type: "button", class: "press", "aria-label": t("Push to talk") }, icon("mic")) };
  view.phase = h("p", { class: "phase" }, t(PHASES.idle));
  view.heard = h("p", { class: "heard" });
  view.said = h("p", { class: "said" });
  view.live = h("div", { class: "hidden-text", role: "log", "aria-live": "polite", "aria-label": t("Transcript") });
  view.input = h("input", { type: "text", maxlength: MAX_TEXT, placeholder: t("Or type here"), "aria-label": t("Say it in writing"), autocomplete: "off", enterkeyhint: "send" });
  const send = button(t("Send"), null, { pictured: "send", bare: true, kind: "primary", type: "submit" });
  view.entry = h("form", { class: "entry" }, view.input, send);
  view.hush = button(t("Silence"), hush, { pictured: "stop", bare: true, kind: "ghost hush" });
  view.talk = h("section", { class: "talk", "data-phase": "idle", "aria-label": t("Talk") }, h("div", { class: "press-place" }, view.press, view.hush), h("div", { class: "live" }, view.phase, view.heard, view.said));
  view.turns = h("div", { class: "turns" });
  view.mute = toggle(t("Microphone of the appliance"), !status.muted, (on) => post("/api/mute", { muted: !on }));
  root.append(h("h1", null, t("Now")), view.talk, view.live, view.entry, h("div", { class: "gap" }), options(view), h("h2", null, t("What happened")), view.turns);
  view.entry.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, () => say(view, view.input.value.trim()));
  });
  view.input.addEventListener("input", () => keepTyped({ draft: view.input.value }));
  phaseIs(view, "idle");
  return view;
}

function options(view) {
  const wake = toggle(t("Wake word in this browser"), Boolean(talk?.wake), async (on) => {
    const speaking = await open("voice");
    speaking.setWake(on);
  });
  const line = (label, help, control) => h("div", { class: "line" }, h("div", { class: "grow" }, h("p", null, label), h("p", { class: "quiet" }, help)), control);
  view.figures = h("p", { class: "quiet" });
  const aloud = toggle(t("Answers aloud in this browser"), speaks(), async (on) => {
    keep("speech", on ? "" : "no");
    talk?.setSpeech(on);
  });
  view.room = h("select", { onchange: () => moved(view.room.value) }, h("option", { value: "" }, t("Somewhere")));
  const made = h(
    "details",
    { class: "card flush" },
    h("summary", null, t("Microphones and room")),
    line(t("Microphone of the appliance"), t("Off: it hears nothing until you turn it on again."), view.mute),
    line(t("Wake word in this browser"), t("Listen for the wake word as long as this view is open."), wake),
    line(t("Answers aloud in this browser"), t("Off: they are only written."), aloud),
    field(t("This browser is in"), view.room, t("So that “the light in here” is the right one.")),
    view.figures,
  );
  made.addEventListener("toggle", () => busy(made, () => rooms(view)), { once: true });
  return made;
}

async function rooms(view) {
  const house = await get("/api/devices");
  const chosen = remembered();
  view.room.append(...house.areas.map((area) => h("option", { value: area.id, selected: area.id === chosen }, area.name)));
}

function remembered(name = "room") {
  try {
    return localStorage.getItem(`appliance-${name}`) || "";
  } catch {
    return "";
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`appliance-${name}`, value);
  } catch {
    // a browser that keeps nothing: it holds for this conversation
  }
}

function speaks() {
  return remembered("speech") !== "no";
}

async function moved(room) {
  keep("room", room);
  const old = talk;
  talk = null;
  await old?.stop();
}

// --- speaking -------------------------------------------------------------------------------------------------

let shown = null; // the view that hears from the conversation
const written = new Map(); // what was typed, by the number it was sent with

/** The conversation, in this mode. Throws what the browser says about the microphone. */
async function open(mode) {
  if (!talk) {
    const { Talk } = await import("../talk/talk.js");
    talk ??= listenTo(new Talk({ language, area: remembered(), mode, speech: speaks() }));
    await talk.start();
  } else if (talk.connection === "closed" || talk.connection === "failed" || talk.connection === "taken") {
    talk.mode = mode;
    await talk.start();
  } else await talk.setMode(mode);
  return talk;
}

function listenTo(made) {
  const on = (name, act) => made.addEventListener(name, ({ detail }) => shown && act(detail, shown));
  on("state", (state, view) => phaseIs(view, state.phase));
  on("partial", ({ text }, view) => heard(view, text, ""));
  on("transcript", ({ text }, view) => heard(view, text, ""));
  on("begun", ({ id, turn }, view) => {
    if (view.all.write(made.name, turn, written.get(id) || "")) drawTurns(view, view.all);
    written.delete(id);
    keepTyped({ turns: [...view.all.typed], unsent: [...written.values()] });
  });
  on("level", ({ microphone }, view) => level(view, microphone));
  on("problem", (problem) => report(Object.assign(new Error(problem.message), { hint: problem.hint, status: 0 })));
  on("refused", (problem, view) => {
    phaseIs(view, "idle");
    report(Object.assign(new Error(problem.message), { hint: problem.hint, status: 0 }));
  });
  on("connection", ({ state, problem }, view) => {
    if (state === "lost" || state === "connecting") view.phase.textContent = t("Connecting…");
    else if (state === "open") phaseIs(view, made.state.phase);
    else if (problem) report(Object.assign(new Error(problem.message), { hint: problem.hint, status: 0 }));
  });
  on("figures", (figures, view) => {
    const said = [
      figures.firstAudioMs && t("first sound after {ms} ms", { ms: Math.round(figures.firstAudioMs) }),
      figures.captureJitterMs !== null && figures.captureJitterMs !== undefined && t("frame jitter {ms} ms", { ms: number(figures.captureJitterMs, 1) }),
      figures.underruns && t("{count} gaps", { count: figures.underruns }),
    ];
    view.figures.textContent = said.filter(Boolean).join(" · ");
  });
  return made;
}

function report(error) {
  document.dispatchEvent(new CustomEvent("trouble", { detail: error }));
}

async function hush() {
  talk?.hush();
  await post("/api/hush");
}

/** What pointer and keyboard do with the button; returns the undoing. */
function wire(view) {
  let held = false;
  const down = (event) => {
    if (event.button) return;
    held = true;
    view.press.setPointerCapture(event.pointerId);
    begin(view, () => held);
  };
  const up = () => {
    if (!held) return;
    held = false;
    view.press.setAttribute("aria-pressed", "false");
    talk?.release();
  };
  view.press.addEventListener("pointerdown", down);
  view.press.addEventListener("pointerup", up);
  view.press.addEventListener("pointercancel", up);
  view.press.addEventListener("contextmenu", (event) => event.preventDefault());
  view.press.addEventListener("click", ({ detail }) => detail === 0 && begin(view, () => false));
  const keyDown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(FIELDS)) return;
    if (event.code === "Escape") busy(view.hush, hush);
    if (event.code !== "Space") return;
    event.preventDefault();
    if (event.repeat) return;
    held = true;
    begin(view, () => held);
  };
  const keyUp = (event) => event.code === "Space" && up();
  document.addEventListener("keydown", keyDown);
  document.addEventListener("keyup", keyUp);
  addEventListener("blur", up);
  shown = view;
  return () => {
    shown = null;
    document.removeEventListener("keydown", keyDown);
    document.removeEventListener("keyup", keyUp);
    removeEventListener("blur", up);
  };
}

async function begin(view, held) {
  view.press.setAttribute("aria-pressed", "true");
  heard(view, "", "");
  try {
    const speaking = await open("voice");
    speaking.press();
    if (!held()) speaking.release(); // a tap: silence ends the sentence
  } catch (error) {
    const refused = error.name === "NotAllowedError";
    const hint = refused ? "Allow it in the browser's settings of this page, or type instead." : "A microphone needs HTTPS or this very machine; typing works without.";
    report(Object.assign(new Error(refused ? "The browser may not use the microphone." : "The microphone does not work here."), { hint, status: 0 }));
  } finally {
    if (!held()) view.press.setAttribute("aria-pressed", "false");
  }
}

async function say(view, text) {
  if (!text) return;
  heard(view, text, "");
  const speaking = await open(talk?.mode ?? "text");
  phaseIs(view, "thinking");
  written.set(speaking.say(text), text); // without a connection it is kept, and sent when there is one again
  view.input.value = "";
  keepTyped({ draft: "", unsent: [...written.values()] });
  view.input.focus();
}

// --- what is shown --------------------------------------------------------------------------------------------

function phaseIs(view, name) {
  view.talk.dataset.phase = name;
  view.phase.textContent = t(PHASES[name]);
  const quiet = name === "idle";
  view.hush.disabled = quiet || !session.scopes.includes("control");
  view.hush.hidden = quiet;
  if (quiet) level(view, 0);
}

function level(view, rms) {
  view.talk.style.setProperty("--level", String(Math.min(1, Math.sqrt(rms / LOUD))));
}

function heard(view, words, answer) {
  view.heard.textContent = words;
  view.said.textContent = answer;
}

function take(view, turns, note) {
  const turn = turns.take(note);
  if (!turn) return;
  if (turn === turns.all[0]) {
    heard(view, turn.heard || turn.partial, turn.reply);
    phaseIs(view, phase(turn));
  }
  if (note.kind === "transcript") aloud(view, t("Heard: {text}", { text: turn.heard }));
  if (note.kind === "reply") aloud(view, t("Answer: {text}", { text: note.data?.text || "" }));
  if (note.kind !== "partial") drawTurns(view, turns);
}

function aloud(view, text) {
  view.live.append(h("p", null, text));
  while (view.live.childElementCount > 20) view.live.firstChild.remove();
}

function drawTurns(view, turns) {
  const told = turns.all.filter((turn) => turn.heard || turn.reply || turn.outcome);
  if (!told.length) replace(view.turns, empty(t("Nothing yet."), t("What is heard, done and said appears here. It is kept in memory only.")));
  else replace(view.turns, told.map((turn, index) => drawn(turn, index === 0)));
}

function drawn(turn, whole) {
  const where = turn.site === "local" ? t("Appliance") : /^(web|talk|chat)/.test(turn.site) ? t("Browser") : turn.site;
  const badge = OUTCOMES[turn.outcome] && h("span", { class: `badge ${OUTCOMES[turn.outcome]}` }, t(turn.outcome));
  const latency = turn.latency_ms !== null && h("span", { class: "figure" }, `${number(turn.latency_ms)} ms`);
  const head = h("div", { class: "turn-head" }, h("span", { class: "quiet" }, `${clock(turn.at)} · ${where}`), h("span", { class: "row" }, badge, latency));
  const deeds = turn.deeds.map((deed) => h("p", { class: "quiet" }, `${deed.done ? "✓" : "✗"} ${deed.name || deed.entity_id}${deed.reason ? `: ${deed.reason}` : ""}`));
  const words = [turn.heard && h("p", null, `“${turn.heard}”`), turn.reply && h("p", { class: "said" }, turn.reply)];
  const drawnParts = bars(turn);
  const more = drawnParts && (whole ? drawnParts : h("details", null, h("summary", { class: "quiet" }, t("Timeline")), drawnParts));
  return h("article", { class: "card turn" }, head, words, deeds, more);
}

/** Each part of the turn as a bar on a common scale. */
export function bars(turn) {
  const found = parts(turn);
  const total = Math.max(1, found.at(-1)?.to || 0);
  if (!found.length || found.every((part) => part.to === part.from)) return null;
  const rows = found.map((part, index) => {
    const x = (part.from / total) * 100;
    const width = Math.max(0.8, ((part.to - part.from) / total) * 100);
    const bar = s("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { class: `c${index + 1}`, x: Math.min(x, 100 - width), y: 0, width, height: 10 }));
    return [h("dt", null, t(PARTS[part.name])), h("dd", null, h("div", { class: "track" }, bar)), h("dd", { class: "ms" }, `${number(part.to - part.from)} ms`)];
  });
  return h("dl", { class: "bars", "aria-label": t("How long each part took") }, rows);
}

