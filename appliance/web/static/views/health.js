// How it is: what is wrong and what to do, figures over the day, and the log.

import { get, maybe } from "../api.js";
import { busy, button, field, h, replace } from "../dom.js";
import { graph } from "../chart.js";
import { clock, number, t } from "../i18n.js";

const STATES = { ok: "All is well", degraded: "Something is amiss", down: "It cannot be talked to" };
const LOOK_MS = 15_000;
const MAX_POINTS = 240;
/** What is drawn: its title, its lines (the main one first) with their names, and how many digits. */
const SERIES = [
  ["Latency", [["first_audio_p50_ms", "usual"], ["first_audio_p95_ms", "slowest of twenty"], ["latency_ms", ""]], 0],
  ["Memory", [["memory_mb", ""]], 0],
  ["Load", [["load", ""]], 2],
  ["Temperature", [["temperature_c", ""]], 0],
  ["Pressure", [["pressure_percent", ""]], 1],
];
const UNITS = { latency_ms: "ms", memory_mb: "MB", load: "" };
const EVERY_STEPS = 5; // of the history's: a day is 288 points
const seen = { memory_mb: [], load: [] }; // since this page was opened, until the appliance's history has something

export async function show(root) {
  const overall = h("div");
  const graphs = h("div", { class: "graphs" });
  const look = async () => {
    const [found, status, turns, past] = await Promise.all([cascade(), maybe("/api/status", {}), maybe("/api/turns?limit=100", []), maybe("/api/health/history", null, `?every=${EVERY_STEPS}`)]);
    remember(status);
    replace(overall, parts(found));
    replace(graphs, drawGraphs(past, { ...seen, latency_ms: latencies(turns) }), stages(status, past));
  };
  await look();
  const again = setInterval(() => !document.hidden && look().catch((detail) => document.dispatchEvent(new CustomEvent("trouble", { detail }))), LOOK_MS);
  root.append(h("h1", null, t("Health")), overall, graphs, logs());
  return () => clearInterval(again);
}

async function cascade() {
  try {
    return await get("/health");
  } catch (error) {
    if (error.body?.parts) return error.body; // down: 503 with all of it
    throw error;
  }
}

function remember(status) {
  const now = Date.now() / 1000;
  const used = (status.stages || []).reduce((sum, stage) => sum + (stage.memory_mb || 0), 0);
  if (used) push(seen.memory_mb, [now, used]);
  const load = status.machine?.load;
  if (typeof load === "number") push(seen.load, [now, load]);
}

function push(points, point) {
  points.push(point);
  if (points.length > MAX_POINTS) points.shift();
}

function latencies(turns) {
  return turns.filter((turn) => turn.latency_ms !== null).map((turn) => [turn.at, turn.latency_ms]).reverse();
}

function parts(found) {
  const bad = found.parts.filter((part) => part.state !== "ok");
  const line = (part) => h("div", { class: "line" }, h("span", { class: `dot ${part.state}`, "aria-hidden": "true" }), h("div", { class: "grow" }, h("h3", null, t(part.name)), h("p", { class: "quiet" }, part.reason || part.detail), part.state !== "ok" && part.hint && h("p", { class: "quiet" }, "→ ", part.hint)), part.state !== "ok" && h("span", { class: `badge ${part.state === "down" ? "bad" : "warn"}` }, t(part.state)));
  const fine = found.parts.filter((part) => part.state === "ok");
  const head = h("div", { class: "overall" }, h("span", { class: `dot ${found.state}`, "aria-hidden": "true" }), h("div", { class: "grow", role: "status" }, h("h2", null, t(STATES[found.state])), h("p", { class: "quiet" }, found.version && t("version {version}", { version: found.version }))));
  const rest = h("details", null, h("summary", { class: "quiet" }, t("{count} parts are well", { count: fine.length })), fine.map(line));
  return h("section", { class: "card" }, head, bad.map(line), fine.length > 0 && rest);
}

/** From the appliance's history; what has none there yet, from what this page saw itself. */
function drawGraphs(past, own) {
  const line = ([key, name]) => {
    const kept = past?.series[key];
    if (kept?.points.some(([, value]) => value !== null)) return { name, points: kept.points, unit: kept.unit, kept: true };
    return own[key] ? { name, points: own[key], unit: UNITS[key], kept: false } : null;
  };
  return SERIES.map(([title, keys, digits]) => {
    const lines = keys.map(line).filter(Boolean);
    const [main] = lines;
    const same = lines.filter((each) => each.kept === main.kept);
    const drawn = main && graph(t(title), same, main.unit, digits);
    if (!drawn) return null;
    const unit = main.unit;
    const head = h("div", { class: "row between" }, h("h2", null, t(title)), h("span", { class: "figure" }, `${number(drawn.last, digits)} ${unit}`));
    const said = [t("middle {value}", { value: `${number(drawn.middle, digits)} ${unit}` }), t("most {value}", { value: `${number(drawn.most, digits)} ${unit}` }), !main.kept && title !== "Latency" && t("since this page was opened")];
    const legend = drawn.names.length > 1 && h("p", { class: "quiet small legend" }, drawn.names.map((name, index) => h("span", { class: index ? "key second" : "key" }, t(name))));
    return h("section", { class: "card" }, head, drawn.picture, legend, h("p", { class: "quiet small" }, said.filter(Boolean).join(" · ")));
  });
}

function stages(status, past) {
  const known = (status.stages || []).filter((stage) => stage.memory_mb);
  if (!known.length) return null;
  const rows = known.map((stage) => {
    const limit = stage.limits?.memory_max_mb;
    const share = limit ? Math.min(1, stage.memory_mb / limit) : 0;
    const values = (past?.series[`memory_mb.${stage.name}`]?.points || []).map(([, value]) => value).filter((value) => value !== null);
    const most = values.length > 1 && t("most today: {value} MB", { value: number(Math.max(...values)) });
    const used = limit ? `${number(stage.memory_mb)} / ${number(limit)} MB` : `${number(stage.memory_mb)} MB`;
    return h("div", { class: "line" }, h("div", { class: "grow" }, h("div", { class: "row between" }, h("p", null, stage.name), h("p", { class: "quiet figure" }, used)), h("progress", { max: 1, value: share, "aria-label": t("Memory of {name}", { name: stage.name }) }), most && h("p", { class: "quiet small" }, most)), stage.restarts > 0 && h("span", { class: "badge warn" }, t("{count} restarts", { count: stage.restarts })));
  });
  return h("section", { class: "card" }, h("h2", null, t("Memory of each stage")), rows);
}

// --- the log --------------------------------------------------------------------------------------------------

function logs() {
  const trace = h("input", { type: "text", pattern: "[0-9a-f]{4,32}", maxlength: 32, autocomplete: "off", placeholder: "4f2a…" });
  const slower = h("input", { type: "number", min: 0, step: 50, placeholder: "1000" });
  const errors = h("input", { type: "checkbox", id: "only-errors" });
  const list = h("ol", { class: "logs", role: "log", "aria-label": t("Log") });
  const send = button(t("Show"), null, { type: "submit" });
  const form = h("form", { class: "filters" }, field(t("Trace"), trace), field(t("Slower than (ms)"), slower), h("label", { class: "tick", for: errors.id }, errors, t("Only errors")), send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, () => read());
  });
  const read = async () => {
    const wanted = new URLSearchParams({ limit: "100" });
    if (trace.value) wanted.set("trace", trace.value);
    if (errors.checked) wanted.set("errors", "true");
    if (slower.value) wanted.set("slower_than_ms", slower.value);
    const lines = await get(`/api/logs?${wanted}`);
    replace(list, lines.length ? lines.toReversed().map((line) => entry(line, trace, read)) : h("li", null, t("Nothing that fits.")));
  };
  const made = h("details", { class: "card flush" }, h("summary", null, t("Log")), h("div", { class: "padded" }, form, list));
  made.addEventListener("toggle", () => made.open && busy(made, read), { once: true });
  return made;
}

function entry(line, trace, read) {
  const only = line.trace_id && h("button", { type: "button", class: "button ghost small", onclick: (event) => busy(event.currentTarget, () => ((trace.value = line.trace_id), read())) }, line.trace_id.slice(0, 8));
  const meta = [line.level, line.component, line.stage, line.latency_ms !== null && `${number(line.latency_ms)} ms`].filter(Boolean).join(" · ");
  return h("li", null, h("time", null, line.at ? clock(line.at) : ""), h("span", null, line.message), h("span", { class: "meta row" }, meta, only));
}
