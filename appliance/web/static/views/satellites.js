// Satellites: who they are, and letting another one in.

import { get, post, remove } from "../api.js";
import { busy, button, confirmed, dialog, empty, field, h, icon, replace, toggle } from "../dom.js";
import { number, t } from "../i18n.js";

const AGAIN_MS = 20_000;
const SIGNALS = { rssi_dbm: "{value} dBm", wifi_rssi: "{value} dBm", jitter_ms: "jitter {value} ms", lost: "{value} lost", underruns: "{value} gaps" };

export async function show(root) {
  const list = h("div");
  const load = async () => replace(list, drawAll(await get("/api/satellites"), load));
  await load();
  const again = setInterval(() => !document.hidden && !document.querySelector("dialog") && load().catch(report), AGAIN_MS);
  root.append(h("div", { class: "row between" }, h("h1", null, t("Satellites")), button(t("Add"), () => adding(load), { kind: "primary", pictured: "plus" })), list);
  return () => clearInterval(again);
}

function report(detail) {
  document.dispatchEvent(new CustomEvent("trouble", { detail }));
}

function drawAll({ allowed, seen }, load) {
  const names = [...new Set([...allowed.map((each) => each.name), ...seen.map((each) => each.name)])];
  if (!names.length) return empty(t("No satellite yet."), t("A satellite is a microphone and a loudspeaker in another room: a small computer, or an ESP32. Add one, and scan the code with it."));
  return names.map((name) => drawn(name, allowed.find((each) => each.name === name), seen.find((each) => each.name === name), load));
}

function drawn(name, credential, info, load) {
  const title = info?.title || name;
  const where = info?.area || credential?.area || t("no room");
  const revoke = credential && button(t("Lock out {name}", { name: title }), async () => {
    if (!(await confirmed(t("Lock out {name}?", { name: title }), t("Lock out"), t("Keep it")))) return;
    await remove(`/api/satellites/${encodeURIComponent(name)}`);
    await load();
  }, { pictured: "trash", bare: true, kind: "ghost" });
  const state = info?.refused ? h("span", { class: "badge bad" }, t("refused")) : info?.online ? h("span", { class: "badge" }, t("online")) : h("span", { class: "badge plain" }, info ? t("offline") : t("never seen"));
  const head = h("div", { class: "line" }, icon("satellites"), h("div", { class: "grow" }, h("h3", null, title), h("p", { class: "quiet" }, [where, info?.online && info.state].filter(Boolean).join(" · "))), state, revoke);
  return h("section", { class: "card flush", "aria-label": title }, head, info?.refused && h("p", { class: "quiet" }, info.refused), info?.online && controls(name, title, info), info && signal(info));
}

function controls(name, title, info) {
  const path = `/api/satellites/${encodeURIComponent(name)}`;
  const can = info.capabilities || {};
  const mute = can.mute && h("div", { class: "line" }, h("div", { class: "grow" }, h("p", null, t("Microphone")), info.hardware_mute && h("p", { class: "quiet" }, t("Its own switch is off."))), toggle(t("Microphone of {name}", { name: title }), !info.muted, (on) => post(`${path}/mute`, { muted: !on }), { disabled: info.hardware_mute }));
  const volume = can.volume && info.volume !== null && loudness(path, title, info.volume);
  return [mute, volume];
}

function loudness(path, title, level) {
  const made = h("input", { type: "range", min: 0, max: 100, value: Math.round(level * 100), "aria-label": t("Volume of {name}", { name: title }) });
  made.addEventListener("change", () => busy(made, () => post(`${path}/volume`, { volume: Number(made.value) / 100 })));
  return h("div", { class: "line" }, h("p", null, t("Volume")), h("div", { class: "grow" }, made));
}

function signal(info) {
  const told = Object.entries(info.counters || {}).filter(([key]) => key in SIGNALS).map(([key, value]) => t(SIGNALS[key], { value: number(value, 1) }));
  const faults = Object.entries(info.faults || {}).filter(([, count]) => count).map(([kind, count]) => `${kind.replaceAll("_", " ")}: ${count}`);
  const said = [...told, info.search_reason, ...faults].filter(Boolean);
  return said.length ? h("p", { class: "quiet small" }, said.join(" · ")) : null;
}

async function adding(load) {
  const house = await get("/api/devices");
  const name = h("input", { type: "text", required: true, maxlength: 64, pattern: "[A-Za-z0-9_\\-]+", autocomplete: "off", placeholder: "kitchen" });
  const area = h("select", null, h("option", { value: "" }, t("no room")), house.areas.map((each) => h("option", { value: each.id }, each.name)));
  const protocol = h("select", null, h("option", { value: "own" }, t("This appliance's own")), h("option", { value: "hermes" }, "Rhasspy 2.5 (Hermes)"));
  const send = button(t("Make its code"), null, { kind: "primary", type: "submit" });
  const form = h("form", null, field(t("Name"), name, t("Letters, digits, - and _.")), field(t("Room"), area), field(t("Kind"), protocol), h("div", { class: "row end" }, send));
  const place = h("div", null, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, async () => {
      const made = await post("/api/satellites", { name: name.value, area: area.value, protocol: protocol.value });
      replace(place, welcome(made));
      await load();
    });
  });
  dialog(t("Add a satellite"), place, t("Close"));
}

/** Its credential: a picture and a line, shown only now. */
export function welcome(made) {
  const picture = made.qr_svg && h("img", { class: "qr", alt: t("QR code of the credential of {name}", { name: made.name }), src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.qr_svg)}` });
  const pairs = made.uri ? [made.uri] : [`${made.host}:${made.port}`, made.name, made.password].filter(Boolean);
  return h("div", null, picture, h("p", null, t("Scan it with the satellite, or give it this line. It is shown only now.")), pairs.map((line) => h("p", { class: "secret" }, h("code", null, line))), made.uri && h("p", { class: "help" }, h("code", null, "appliance run --mode satellite --join -")));
}
