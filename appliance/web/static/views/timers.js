// Timers, alarms and reminders.

import { get, post, remove } from "../api.js";
import { busy, button, confirmed, empty, field, h, icon, replace } from "../dom.js";
import { language, moment, span, t } from "../i18n.js";

const QUICK_MINUTES = [1, 5, 10, 30];
const KINDS = { timer: "Timer", alarm: "Alarm", reminder: "Reminder" };
const AGAIN_MS = 20_000;

export async function show(root) {
  const list = h("div");
  let timers = [];
  let read = 0;
  const load = async () => {
    timers = await get("/api/timers");
    read = performance.now();
    replace(list, timers.length ? drawAll(timers, load) : empty(t("Nothing is set."), t("Say “set a timer for ten minutes”, or use the field above.")));
  };
  await load();
  const tick = () => {
    const passed = (performance.now() - read) / 1000;
    for (const place of list.querySelectorAll("[data-left]")) place.textContent = span(Number(place.dataset.left) - passed);
  };
  tick();
  const ticking = setInterval(tick, 1000);
  const loading = setInterval(() => !document.hidden && load().catch((detail) => document.dispatchEvent(new CustomEvent("trouble", { detail }))), AGAIN_MS);
  root.append(h("h1", null, t("Timers")), setter(load), list);
  return () => {
    clearInterval(ticking);
    clearInterval(loading);
  };
}

function setter(load) {
  const words = h("input", { id: "timer-words", type: "text", maxlength: 250, autocomplete: "off", placeholder: t("wake me at 7 tomorrow") });
  const send = button(t("Set"), null, { kind: "primary", type: "submit" });
  const told = h("p", { class: "help", role: "status" });
  const set = async (body) => {
    told.textContent = (await post("/api/timers", body)).answer;
    words.value = "";
    await load();
  };
  const quick = QUICK_MINUTES.map((count) => button(t("{count} min", { count }), () => set({ seconds: count * 60 })));
  const form = h("form", { class: "card" }, field(t("A new one"), h("div", { class: "entry" }, words, send)), h("div", { class: "quick" }, quick), told);
  form.querySelector("label").htmlFor = "timer-words";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.value.trim()) busy(send, () => set({ text: words.value.trim() }));
  });
  return form;
}

function drawAll(timers, load) {
  const ringing = timers.some((timer) => timer.state === "ringing");
  const stop = ringing && button(t("Stop ringing"), async () => {
    await post("/api/timers/stop");
    await load();
  }, { kind: "primary", pictured: "stop" });
  const all = timers.length > 1 && button(t("Cancel all"), async () => {
    if (!(await confirmed(t("Cancel all?"), t("Cancel all"), t("Keep them")))) return;
    await remove("/api/timers");
    await load();
  }, { kind: "ghost" });
  return [h("div", { class: "card list" }, timers.map((timer) => drawn(timer, load))), h("div", { class: "row" }, stop, all)];
}

function drawn(timer, load) {
  const name = timer.name || t(KINDS[timer.kind]);
  const days = timer.days.map((day) => new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + day))));
  const when = timer.at ? moment(new Date(timer.at).getTime() / 1000) : "";
  const below = [t(KINDS[timer.kind]), when, days.join(" "), timer.room && timer.room !== "local" ? timer.room : ""].filter(Boolean).join(" · ");
  const left = timer.state === "ringing" ? h("span", { class: "badge warn" }, t("ringing")) : timer.left_s !== null && h("span", { class: "countdown", "data-left": timer.left_s, role: "timer", "aria-label": t("left of {name}", { name }) }, span(timer.left_s));
  const cancel = button(t("Cancel {name}", { name }), async () => {
    await remove(`/api/timers/${timer.id}`);
    await load();
  }, { pictured: "trash", bare: true, kind: "ghost" });
  return h("div", { class: "line" }, icon("timers"), h("div", { class: "grow" }, h("h3", null, name), h("p", { class: "quiet" }, below)), left, cancel);
}
