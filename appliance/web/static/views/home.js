// Rooms, what is in them, and what can be said to it.

import { get, post } from "../api.js";
import { busy, button, dialog, empty, field, h, icon, replace, toggle } from "../dom.js";
import { number, t } from "../i18n.js";

const PICTURES = { light: "light", lock: "lock", cover: "cover", climate: "climate", fan: "fan", media_player: "media", sensor: "sensor", binary_sensor: "sensor", switch: "switch", scene: "scene", script: "play" };
const ON = new Set(["on", "open", "unlocked", "playing", "heat", "cool", "cleaning", "opening"]);
const PAIRS = [
  ["turn_on", "turn_off"],
  ["open_cover", "close_cover"],
  ["open_valve", "close_valve"],
  ["unlock", "lock"],
];
const ONCE = { scene: ["turn_on", "Activate"], script: ["turn_on", "Run"], button: ["press", "Press"] };
const SETTLE_MS = 900;

export async function show(root) {
  const house = await get("/api/devices");
  const rooms = [...house.areas, { id: null, name: t("Elsewhere") }];
  const filled = rooms.map((room) => ({ ...room, has: house.entities.filter((each) => (each.area ?? null) === room.id) })).filter((room) => room.has.length);
  const shown = h("div");
  let chosen = "";
  const draw = () => replace(shown, filled.filter((room) => chosen === "" || chosen === String(room.id)).map(drawRoom));
  const pick = (id, label) => {
    const made = h("button", { type: "button", class: "chip", "aria-pressed": String(chosen === id) }, label);
    made.addEventListener("click", () => {
      chosen = id;
      for (const each of tabs.children) each.setAttribute("aria-pressed", String(each === made));
      draw();
    });
    return made;
  };
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("Rooms") }, pick("", t("All")), filled.map((room) => pick(String(room.id), room.name)));
  root.append(h("h1", null, house.name || t("Home")), attempt(house));
  if (filled.length) root.append(tabs, shown);
  else root.append(empty(t("There is nothing in this home yet."), t("Devices come from Home Assistant or from MQTT discovery: docs/devices.md.")));
  draw();
}

/** A sentence, and what it would do. */
function attempt(house) {
  const words = h("input", { type: "text", maxlength: 500, autocomplete: "off", placeholder: house.entities.find((each) => each.says?.length)?.says[0] || t("turn on the light") });
  const found = h("div", { role: "status" });
  const send = button(t("Try"), null, { type: "submit" });
  const form = h("form", { class: "card" }, field(t("Try a sentence"), h("div", { class: "entry" }, words, send), t("It tells what it would do, and does not do it.")), found);
  form.querySelector("label").htmlFor = words.id = "attempt";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim() || words.placeholder;
    busy(send, async () => replace(found, meaning(await post("/api/understand", { text }), house)));
  });
  return form;
}

function meaning(told, house) {
  const name = (id) => house.entities.find((each) => each.id === id)?.name || id;
  const deeds = told.deeds.map((deed) => h("p", null, `${t(words(deed.service))}: ${deed.entity_id.map(name).join(", ")}`, extras(deed.data)));
  const understood = told.intent && h("p", { class: "quiet" }, t("Understood as {intent}.", { intent: told.intent }));
  return h("div", { class: "meaning" }, deeds, told.answer && h("p", null, `“${told.answer}”`), understood, !told.intent && !told.answer && h("p", null, t("It would not understand that.")));
}

function extras(data) {
  const pairs = Object.entries(data || {});
  return pairs.length ? h("span", { class: "quiet" }, ` (${pairs.map(([key, value]) => `${words(key)} ${value}`).join(", ")})`) : null;
}

function words(name) {
  return name.replaceAll("_", " ");
}

function drawRoom(room) {
  return h("section", { "aria-label": room.name }, h("h2", null, room.name), h("div", { class: "entities" }, room.has.map((entity) => drawEntity(entity))));
}

function drawEntity(entity) {
  const on = ON.has(entity.state);
  const place = h("article", { class: `entity ${on ? "on" : ""}` });
  const redraw = (changed) => place.replaceWith(drawEntity({ ...entity, ...changed }));
  const state = h("p", { class: "quiet" }, stateText(entity));
  place.append(h("div", { class: "line" }, icon(PICTURES[entity.domain] || "switch"), h("div", { class: "grow" }, h("h3", null, entity.name), state), control(entity, on, redraw)));
  const dims = entity.services.includes("turn_on") && on && typeof entity.attributes.brightness === "number" && slider(entity, redraw);
  if (dims) place.append(dims);
  if (entity.says?.length) place.append(h("details", null, h("summary", null, t("What you can say")), h("div", { class: "chips" }, entity.says.map((line) => h("button", { type: "button", class: "chip", onclick: () => trying(line) }, `“${line}”`)))));
  return place;
}

function trying(line) {
  const input = document.getElementById("attempt");
  input.value = line;
  input.form.requestSubmit();
  input.scrollIntoView({ block: "center" });
}

function stateText({ state, attributes }) {
  if (state === null || state === undefined || state === "unavailable" || state === "unknown") return t("not known");
  const unit = attributes.unit_of_measurement;
  if (unit) return `${Number.isFinite(Number(state)) ? number(Number(state), 1) : state} ${unit}`;
  const bright = typeof attributes.brightness === "number" && state === "on" ? ` · ${Math.round(attributes.brightness / 2.55)} %` : "";
  const warm = attributes.current_temperature !== undefined ? ` · ${number(attributes.current_temperature, 1)}°` : "";
  return t(words(String(state))) + bright + warm;
}

function control(entity, on, redraw) {
  const once = ONCE[entity.domain];
  if (once && entity.services.includes(once[0])) return button(t(once[1]), () => deed(entity, once[0], {}, redraw));
  const pair = PAIRS.find(([one, other]) => entity.services.includes(one) && entity.services.includes(other));
  if (!pair) return null;
  return toggle(entity.name, on, async (wanted) => {
    if (!(await deed(entity, wanted ? pair[0] : pair[1], {}, redraw))) throw Object.assign(new Error(t("It was not done.")), { status: 0 });
  });
}

function slider(entity, redraw) {
  const now = Math.max(1, Math.round(entity.attributes.brightness / 2.55));
  const shown = h("span", null, `${now} %`);
  const made = h("input", { type: "range", min: 1, max: 100, value: now, "aria-label": t("Brightness of {name}", { name: entity.name }) });
  made.addEventListener("input", () => (shown.textContent = `${made.value} %`));
  made.addEventListener("change", () => busy(made, () => deed(entity, "turn_on", { brightness_pct: Number(made.value) }, redraw)));
  return h("div", { class: "slide" }, made, shown);
}

/** By the appliance's policy; asks back where that asks. Whether it was done. */
async function deed(entity, service, data, redraw) {
  const path = `/api/devices/${encodeURIComponent(entity.id)}/${encodeURIComponent(service)}`;
  let outcome = await post(path, { data });
  if (outcome.verdict === "ask") outcome = await asked(outcome);
  if (!outcome) return false;
  const failed = outcome.results.find((result) => !result.done);
  if (outcome.verdict === "deny" || failed) throw Object.assign(new Error(failed?.reason || outcome.words || t("It was not done.")), { status: 0, hint: outcome.verdict === "deny" ? t("The rules of this home say so: Settings, policy.") : "" });
  setTimeout(() => refresh(entity, redraw), SETTLE_MS);
  return true;
}

async function refresh(entity, redraw) {
  try {
    const house = await get(`/api/devices${entity.area ? `?area=${encodeURIComponent(entity.area)}` : ""}`);
    const now = house.entities.find((each) => each.id === entity.id);
    if (now) redraw(now);
  } catch (error) {
    document.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }
}

/** The policy's question: a yes, or a PIN. Null when nobody answered. */
function asked(outcome) {
  return new Promise((resolve, reject) => {
    let answered = false;
    const pin = h("input", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: 64 });
    const made = dialog(t("One question first"), (close) => {
      const send = async (text) => {
        answered = true;
        close();
        try {
          resolve(await post("/api/devices/answer", { question: outcome.question, text }));
        } catch (error) {
          reject(error);
        }
      };
      return h("div", null, h("p", null, outcome.words), field(t("PIN, if it asks for one"), pin), h("div", { class: "row end" }, button(t("No"), close, { kind: "ghost" }), button(t("Yes"), () => send(pin.value || t("yes")), { kind: "primary" })));
    }, t("Close"));
    made.addEventListener("close", () => answered || resolve(null));
  });
}
