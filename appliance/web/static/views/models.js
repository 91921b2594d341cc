// Voices and models: which there are, fetching with progress, and how a voice sounds.

import { get, patch, post, remove } from "../api.js";
import { button, card, confirmed, empty, h, replace } from "../dom.js";
import { bytes, number, t } from "../i18n.js";

const KINDS = { wake: "Wake words", stt: "Understanding speech", tts: "Voices", llm: "Language models", vad: "Noticing speech", speaker: "Recognising people" };
const HERE = new Set(["package", "verified", "present"]);
const STATES = { package: "built in", verified: "here", present: "here", missing: "not here" };
const GOING = new Set(["waiting", "running"]);

export async function show(root) {
  const place = h("div");
  const voices = h("div");
  let source = null;
  const progress = new Map();
  const load = async () => {
    const told = await get("/api/models");
    progress.clear();
    replace(place, drawAll(told, progress, load, follow));
    for (const fetch of told.fetches) update(progress, fetch);
    if (told.fetches.some((fetch) => GOING.has(fetch.state))) follow();
  };
  const loadVoices = async () => replace(voices, drawVoices(await get("/voices/detail"), loadVoices));
  function follow() {
    if (source) return;
    source = new EventSource("/api/models/events?once=true");
    const ended = () => {
      source?.close();
      source = null;
      Promise.all([load(), loadVoices()]).catch(report);
    };
    source.addEventListener("fetches", ({ data }) => {
      const fetches = JSON.parse(data);
      for (const fetch of fetches) update(progress, fetch);
      if (!fetches.some((fetch) => GOING.has(fetch.state))) ended();
    });
    source.onerror = () => {
      source?.close();
      source = null;
    };
  }
  root.append(h("h1", null, t("Voices and models")), voices, place);
  await Promise.all([load(), loadVoices()]);
  return () => {
    source?.close();
    source = null;
  };
}

function report(detail) {
  document.dispatchEvent(new CustomEvent("trouble", { detail }));
}

function drawVoices(all, again) {
  const here = all.filter((voice) => voice.installed);
  if (!here.length) return empty(t("No voice is here."), t("Fetch one below."));
  const player = h("audio", { hidden: true });
  const lines = here.map((voice) => {
    const listen = voice.chosen && button(t("Listen"), async () => {
      player.src = `/tts?text=${encodeURIComponent(t("Hello. This is how I sound."))}`;
      await player.play();
    }, { pictured: "play" });
    const choose = !voice.chosen && button(t("Choose"), async () => {
      await patch(`/api/settings/${encodeURIComponent(voice.setting)}`, { value: voice.name });
      await again();
    });
    return h("div", { class: "line" }, h("div", { class: "grow" }, h("div", { class: "title" }, h("h3", null, voice.name), voice.chosen && h("span", { class: "badge" }, t("speaks"))), h("p", { class: "quiet" }, [voice.engine, voice.languages.join(", "), voice.licence].filter(Boolean).join(" · "))), listen, choose);
  });
  return [h("h2", null, t("The voice")), h("div", { class: "card flush" }, lines, player)];
}

function drawAll({ models }, progress, load, follow) {
  const kinds = [...new Set(models.map((model) => model.kind))];
  if (!kinds.length) return empty(t("No model is known."));
  return kinds.map((kind) => card(t(KINDS[kind] || kind), models.filter((model) => model.kind === kind).map((model) => drawn(model, progress, load, follow))));
}

function drawn(model, progress, load, follow) {
  const path = `/api/models/${encodeURIComponent(model.name)}`;
  const here = HERE.has(model.state);
  const facts = [model.languages.join(", "), bytes(model.size_bytes), model.ram_mb && t("{mb} MB of memory", { mb: number(model.ram_mb) }), model.licence].filter(Boolean).join(" · ");
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("Progress of {name}", { name: model.name }) });
  const below = h("p", { class: "quiet", role: "status" });
  const stop = button(t("Stop"), async () => update(progress, await remove(`${path}/fetch`)), { kind: "ghost" });
  const going = h("div", { hidden: true }, bar, below);
  const fetch = !here && button(t("Fetch"), async () => {
    const unknown = !model.pinned;
    if (unknown && !(await confirmed(t("Nobody vouches for this file's checksum. Fetch it all the same?"), t("Fetch"), t("No")))) return;
    update(progress, await post(`${path}/fetch`, { trust_first: unknown }));
    follow();
  });
  const away = model.state === "verified" && !model.needed && button(t("Remove {name}", { name: model.name }), async () => {
    if (!(await confirmed(t("Remove {name}?", { name: model.name }), t("Remove"), t("Keep it")))) return;
    await remove(path);
    await load();
  }, { pictured: "trash", bare: true, kind: "ghost" });
  stop.hidden = true;
  progress.set(model.name, { bar, below, going, fetch, stop });
  const badge = h("span", { class: `badge ${here ? "" : model.needed ? "warn" : "plain"}` }, t(model.needed && here ? "in use" : STATES[model.state] || model.state));
  return h("div", { class: "line" }, h("div", { class: "grow" }, h("div", { class: "title" }, h("h3", null, model.name), badge), h("p", { class: "quiet" }, facts), going), fetch, stop, away);
}

function update(progress, fetch) {
  const shown = progress.get(fetch.name);
  if (!shown) return;
  const going = GOING.has(fetch.state);
  shown.going.hidden = !going && fetch.state !== "failed";
  shown.bar.hidden = !going;
  shown.stop.hidden = !going;
  if (shown.fetch) shown.fetch.hidden = going;
  if (fetch.total_bytes) shown.bar.value = fetch.done_bytes / fetch.total_bytes;
  else shown.bar.removeAttribute("value");
  const share = [bytes(fetch.done_bytes), bytes(fetch.total_bytes)].filter(Boolean).join(" / ");
  shown.below.textContent = fetch.state === "failed" ? [fetch.error, fetch.hint].filter(Boolean).join(" · ") : share || t(fetch.state);
}

