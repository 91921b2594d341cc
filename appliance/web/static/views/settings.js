// Every key of the configuration: what it is, where its value comes from, and another value where that may be.

import { get, patch, post, session } from "../api.js";
import { busy, button, empty, field, h, replace, toggle } from "../dom.js";
import { t } from "../i18n.js";

const ORIGINS = { default: "default", profile: "profile", file: "file", chosen: "chosen here", environment: "environment" };
const TYPING_MS = 150;

export async function show(root, { path }) {
  const all = await get("/api/settings");
  const search = h("input", { type: "search", autocomplete: "off", placeholder: t("volume, wake, language…"), value: path[0] || "" });
  const only = h("input", { type: "checkbox", id: "only-changed" });
  const list = h("div");
  const draw = () => replace(list, drawAll(all, search.value.trim().toLowerCase(), only.checked));
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(draw, TYPING_MS);
  });
  only.addEventListener("change", draw);
  root.append(h("h1", null, t("Settings")), appearance(), again(), h("div", { class: "card" }, field(t("Find a setting"), search), h("label", { class: "tick", for: only.id }, only, t("Only what is not at its default"))), list);
  draw();
}

function appearance() {
  const chosen = document.documentElement.dataset.theme || "";
  const names = { "": "As the device", light: "Light", dark: "Dark" };
  const row = h("div", { class: "row", role: "group", "aria-label": t("Appearance") });
  for (const [name, label] of Object.entries(names)) {
    const made = h("button", { type: "button", class: "button", "aria-pressed": String(name === chosen) }, t(label));
    made.addEventListener("click", () => {
      document.dispatchEvent(new CustomEvent("theme", { detail: name }));
      for (const each of row.children) each.setAttribute("aria-pressed", String(each === made));
    });
    row.append(made);
  }
  return h("section", { class: "card" }, h("h2", null, t("Appearance")), row);
}

/** What is no single key, or has to be tried before it is kept. */
function again() {
  return h("section", { class: "card" }, h("h2", null, t("Set-up")), h("p", { class: "quiet" }, t("Name, language and time, Wi-Fi, wake word, loudspeaker and microphone, Home Assistant.")), h("div", { class: "row end" }, h("a", { class: "button", href: "#/welcome" }, t("Go through it again"))));
}

function drawAll(all, wanted, changed) {
  const fits = (setting) => (!wanted || `${setting.key} ${setting.help}`.toLowerCase().includes(wanted)) && (!changed || setting.origin.kind !== "default");
  const found = all.filter(fits);
  if (!found.length) return empty(t("No setting fits."));
  const open = Boolean(wanted) || changed;
  const sections = [...new Set(found.map((setting) => setting.section))];
  return sections.map((section) => {
    const own = found.filter((setting) => setting.section === section);
    const place = h("div");
    const made = h("details", { class: "card flush", open }, h("summary", null, section || t("General"), h("span", { class: "badge plain" }, String(own.length))), place);
    const fill = () => place.childElementCount || replace(place, own.map((setting) => drawn(setting)));
    if (open) fill();
    else made.addEventListener("toggle", fill, { once: true });
    return made;
  });
}

function drawn(setting, changed = false) {
  const place = h("div", { class: "setting" });
  const origin = h("span", null, t("from: {origin}", { origin: [t(ORIGINS[setting.origin.kind] || setting.origin.kind), setting.origin.name].filter(Boolean).join(" ") }));
  const usual = !setting.secret && h("span", null, t("default: {value}", { value: shown(setting.default) }));
  const limits = setting.takes && h("span", null, setting.takes);
  const restart = setting.needs_restart && h("span", null, t("after a restart"));
  const where = !setting.changeable && h("span", null, t("changed in its file or by the environment"));
  place.append(control(setting, (now) => place.replaceWith(drawn(now, true))), h("div", { class: "meta" }, origin, usual, limits, restart, where));
  if (changed && setting.needs_restart) place.append(anew());
  return place;
}

/** What was changed waits for a restart: here is one. */
function anew() {
  const place = h("div", { class: "row end" }, h("p", { class: "quiet" }, t("This is used after a restart.")), button(t("Restart now"), async () => {
    await post("/api/restart");
    place.replaceChildren(h("p", { role: "status" }, t("It starts anew; that takes half a minute.")));
  }));
  return place;
}

function shown(value) {
  if (value === "" || value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function control(setting, changed) {
  const name = setting.unit ? `${setting.key} (${setting.unit})` : setting.key;
  if (!setting.changeable || !session.scopes.includes("admin")) {
    const heading = h("p", null, h("code", null, setting.key));
    return h("div", { class: "field" }, heading, h("p", { class: "fixed" }, setting.secret ? setting.value || "–" : shown(setting.value)), h("p", { class: "help" }, setting.help));
  }
  const save = async (value) => changed(await patch(`/api/settings/${encodeURIComponent(setting.key)}`, { value }));
  if (setting.type === "boolean") return h("div", { class: "row between" }, h("div", { class: "grow" }, h("p", null, h("code", null, setting.key)), h("p", { class: "help" }, setting.help)), toggle(setting.key, Boolean(setting.value), save));
  if (setting.type === "choice") {
    const made = h("select", null, setting.choices.map((choice) => h("option", { value: String(choice), selected: choice === setting.value }, String(choice))));
    made.addEventListener("change", () => busy(made, () => save(setting.choices[made.selectedIndex])));
    return field(name, made, setting.help);
  }
  const made = input(setting);
  const send = button(t("Save"), null, { type: "submit" });
  const form = h("form", null, field(name, made, setting.help), h("div", { class: "row end" }, send));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, () => save(value(setting, made.value)));
  });
  return form;
}

function input(setting) {
  if (setting.type === "integer" || setting.type === "number") return h("input", { type: "number", step: setting.type === "integer" ? 1 : "any", min: setting.minimum, max: setting.maximum, value: setting.value });
  if (setting.type === "list") return h("textarea", { value: (setting.value || []).join("\n") });
  if (setting.type === "table") return h("textarea", { value: JSON.stringify(setting.value || {}, null, 1) });
  return h("input", { type: setting.secret ? "password" : "text", autocomplete: "off", value: setting.secret ? "" : (setting.value ?? "") });
}

function value(setting, text) {
  if (setting.type === "integer" || setting.type === "number") return Number(text);
  if (setting.type === "list") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (setting.type !== "table") return text;
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error(t("This is no table: it is written as JSON.")), { status: 0, hint: '{"name": 1}' });
  }
}
