// The first minutes: from the claim code to the first spoken sentence.

import { get, maybe, notes, patch, post, session } from "../api.js";
import { busy, button, field, h, icon, replace } from "../dom.js";
import { t } from "../i18n.js";

const STEPS = [claim, basics, wake, sound, house, ready];
const NAMES = ["Make it yours", "Language and time", "The wake word", "Microphone and loudspeaker", "Your home", "Ready"];
const QUIET_RMS = 0.004;
const LOUD_RMS = 0.2;
const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", it: "Italiano", nl: "Nederlands" };

/** `ends` are run when the step or the view is left. */
export async function show(root) {
  const state = { step: session.signed_in ? 1 : 0, ends: [] };
  const place = h("div");
  const bar = h("ol", { class: "steps", "aria-hidden": "true" }, STEPS.map(() => h("li")));
  root.append(h("span", { class: "mark", "aria-hidden": "true" }, icon("now")), bar, place);
  const leave = () => {
    for (const end of state.ends.splice(0)) end();
  };
  const go = async (step) => {
    leave();
    state.step = step;
    for (const [index, each] of [...bar.children].entries()) {
      each.className = index < step ? "done" : "";
      if (index === step) each.setAttribute("aria-current", "step");
      else each.removeAttribute("aria-current");
    }
    const content = await STEPS[step]({ next: () => go(step + 1), ends: state.ends });
    const count = h("p", { class: "quiet" }, t("Step {step} of {count}", { step: step + 1, count: STEPS.length }));
    const heading = h("h1", { tabindex: -1 }, t(NAMES[step]));
    const back = step > 1 && button(t("Back"), () => go(step - 1), { pictured: "back", kind: "ghost" });
    replace(place, count, heading, content, back && h("div", { class: "row" }, back));
    heading.focus();
  };
  await go(state.step);
  return leave;
}

function claim({ next }) {
  const code = h("input", { type: "text", required: true, maxlength: 64, autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false" });
  const secret = h("input", { type: "password", required: true, minlength: 10, maxlength: 200, autocomplete: "new-password" });
  return form([field(t("Claim code"), code, t("It is on the screen of the appliance, or said aloud when you ask for it. On a machine without an image: appliance token claim.")), field(t("A passphrase"), secret, t("At least 10 characters; several words are best. You sign in with it."))], t("Make it mine"), async () => {
    location.hash = "#/welcome";
    Object.assign(session, await post("/api/setup/claim", { code: code.value.trim(), passphrase: secret.value }));
    await next();
  });
}

/** Fields and a button; what does not work is told by the page. */
function form(fields, label, send, more = null) {
  const submit = button(label, null, { kind: "primary", type: "submit" });
  const made = h("form", null, fields, h("div", { class: "row end" }, more, submit));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(submit, send);
  });
  return made;
}

async function choose(settings, key, value) {
  const known = settings.find((setting) => setting.key === key);
  if (known && JSON.stringify(known.value) === JSON.stringify(value)) return;
  await patch(`/api/settings/${encodeURIComponent(key)}`, { value });
}

function found(settings, key) {
  return settings.find((setting) => setting.key === key) || { value: "", choices: [] };
}

async function basics({ next }) {
  const [settings, status] = await Promise.all([get("/api/settings"), maybe("/api/status", {})]);
  const language = found(settings, "language");
  const codes = [...new Set([...(language.choices.length ? language.choices : Object.keys(LANGUAGES)), language.value])];
  const spoken = h("select", null, codes.map((code) => h("option", { value: code, selected: code === language.value }, LANGUAGES[code] || code)));
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([found(settings, "timers.zone").value, here, ...Intl.supportedValuesOf("timeZone")].filter(Boolean))];
  const zone = h("select", null, zones.map((name) => h("option", { value: name, selected: name === (found(settings, "timers.zone").value || here) }, name.replaceAll("_", " "))));
  const name = h("p", null, t("Its name in the network is {name}.", { name: status.setup?.name || location.hostname }));
  return form([name, field(t("It speaks"), spoken), field(t("Time zone"), zone, t("For alarms and for what time it is."))], t("Next"), async () => {
    await choose(settings, "language", spoken.value);
    await choose(settings, "timers.zone", zone.value);
    await next();
  }, skip(next));
}

function skip(next) {
  return button(t("Later"), next, { kind: "ghost" });
}

async function wake({ next, ends }) {
  const settings = await get("/api/settings");
  const words = found(settings, "wake.words");
  const models = (await maybe("/api/models", { models: [] })).models.filter((model) => model.kind === "wake");
  const known = [...new Set([...(words.value || []), ...models.filter((model) => model.state !== "missing").map((model) => model.name)])];
  const heard = h("p", { class: "secret", role: "status" }, t("Say it now: it tells here when it was heard."));
  ends.push(notes.listen(({ kind, data }) => {
    if (kind === "wake") heard.textContent = t("✓ Heard: {word}", { word: data.word || "" });
  }));
  const chosen = h("select", null, known.map((name) => h("option", { value: name, selected: (words.value || [])[0] === name }, name.replaceAll("_", " "))));
  const change = async () => choose(settings, "wake.words", [chosen.value]);
  chosen.addEventListener("change", () => busy(chosen, change));
  const picked = known.length ? field(t("It wakes up at"), chosen) : h("p", null, t("No wake word is here yet: Voices and models has some."));
  return form([picked, heard], t("Next"), next);
}

async function sound({ next, ends }) {
  const bar = h("span");
  const meter = h("div", { class: "meter", role: "meter", "aria-label": t("Level of the microphone"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 }, bar);
  const told = h("p", { class: "help", role: "status" });
  const heard = h("p", { class: "secret", role: "status" }, t("Say the wake word and “what time is it?” to the appliance."));
  ends.push(notes.listen(({ kind, site, data }) => {
    if (site === "local" && kind === "transcript") heard.textContent = `✓ “${data.text}”`;
  }));
  const speaker = button(t("Say something"), async () => {
    await post("/api/say", { text: t("Hello. This is how I sound."), room: "local" });
    told.textContent = t("Did you hear it? The volume is in Settings, audio.volume.");
  }, { pictured: "media" });
  const microphone = button(t("Test this browser's microphone"), async () => ends.push(await levels(bar, meter)), { pictured: "mic" });
  const steps = [h("h2", null, t("The loudspeaker")), h("p", null, speaker), told, h("h2", null, t("The microphone of the appliance")), heard, h("h2", null, t("This browser")), h("p", null, microphone), meter];
  return form([h("div", { class: "card" }, steps)], t("Next"), next);
}

/** Show how loud it is; returns what closes the microphone again. */
export async function levels(bar, meter) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    throw Object.assign(new Error(t("The browser may not use the microphone.")), { status: 0, hint: t("A microphone needs HTTPS or this very machine; typing works without.") });
  }
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const show = () => {
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const share = Math.max(0, Math.min(1, Math.log(rms / QUIET_RMS + 1e-9) / Math.log(LOUD_RMS / QUIET_RMS)));
    bar.style.transform = `scaleX(${share})`;
    meter.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  };
  const showing = setInterval(show, 80);
  return () => {
    clearInterval(showing);
    for (const track of stream.getTracks()) track.stop();
    context.close();
  };
}

async function house({ next }) {
  const settings = await get("/api/settings");
  const address = h("input", { type: "url", placeholder: "http://homeassistant.local:8123", value: found(settings, "home_assistant.url").value || "", autocomplete: "off" });
  const token = h("input", { type: "password", autocomplete: "off" });
  return form([h("p", null, t("With Home Assistant, everything in your home can be steered by voice. Without, timers, questions and MQTT devices work all the same.")), field(t("Address of Home Assistant"), address), field(t("Its long-lived token"), token, t("In Home Assistant: your profile, Security, Long-lived access tokens."))], t("Connect"), async () => {
    await choose(settings, "home_assistant.url", address.value.trim());
    if (token.value) await choose(settings, "home_assistant.token", token.value);
    await next();
  }, button(t("None"), next, { kind: "ghost" }));
}

async function ready() {
  const found = await maybe("/health", { parts: [] });
  const bad = found.parts.filter((part) => part.state !== "ok");
  const lines = bad.map((part) => h("div", { class: "line" }, h("span", { class: `dot ${part.state}`, "aria-hidden": "true" }), h("div", { class: "grow" }, h("h3", null, part.name), h("p", { class: "quiet" }, part.reason), part.hint && h("p", { class: "quiet" }, "→ ", part.hint))));
  const said = bad.length ? t("It works; this is still to be done:") : t("Everything works. Say the wake word, and ask for something.");
  return h("div", null, h("p", null, said), lines.length > 0 && h("div", { class: "card flush" }, lines), button(t("Begin"), () => {
    location.hash = "#/now";
    document.dispatchEvent(new CustomEvent("signed-in"));
  }, { kind: "primary" }));
}
