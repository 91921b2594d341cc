// The first minutes: from the claim code to the first spoken sentence.

import { get, maybe, notes, patch, post, session } from "../api.js";
import { busy, button, field, h, icon, replace } from "../dom.js";
import { language as pageLanguage, load, t } from "../i18n.js";

const CLAIM = ["Make it yours", claim];
const BASICS = ["Name, language and time", basics];
const WIFI = ["Wi-Fi", wifi];
const REST = [["The wake word", wake], ["Microphone and loudspeaker", sound], ["Your home", house], ["Ready", ready]];
const LOOK_MS = 3_000;
const JOIN_MS = 300_000;
const QUIET_RMS = 0.004;
const LOUD_RMS = 0.2;
const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", it: "Italiano", nl: "Nederlands" };

/** `ends` are run when the step or the view is left. */
export async function show(root) {
  const ends = [];
  const place = h("div");
  const bar = h("ol", { class: "steps", "aria-hidden": "true" });
  root.append(h("span", { class: "mark", "aria-hidden": "true" }, icon("now")), bar, place);
  const leave = () => {
    for (const end of ends.splice(0)) end();
  };
  const go = async (number) => {
    const setup = session.signed_in ? await maybe("/api/setup") : null;
    const steps = [CLAIM, BASICS, ...(setup?.wifi?.offered ? [WIFI] : []), ...REST];
    const [title, made] = steps[number];
    leave();
    const content = await made({ next: () => go(number + 1), ends, setup });
    replace(bar, steps.map((_, index) => h("li", { class: index < number ? "done" : "", "aria-current": index === number ? "step" : null })));
    const count = h("p", { class: "quiet" }, t("Step {step} of {count}", { step: number + 1, count: steps.length }));
    const heading = h("h1", { tabindex: -1 }, t(title));
    const back = number > 1 && button(t("Back"), () => go(number - 1), { pictured: "back", kind: "ghost" });
    const close = number > 0 && number < steps.length - 1 && h("a", { class: "button ghost", href: "#/now" }, t("Close"));
    replace(place, count, heading, content, (back || close) && h("div", { class: "row between" }, back || h("span"), close));
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  await go(session.signed_in ? 1 : 0);
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
  if (!known?.changeable || JSON.stringify(known.value) === JSON.stringify(value)) return;
  await patch(`/api/settings/${encodeURIComponent(key)}`, { value });
}

function found(settings, key) {
  return settings.find((setting) => setting.key === key) || { value: "", choices: [], changeable: false };
}

/** A field, or its value and why it is not changed here. */
function ifAllowed(label, control, help, why) {
  if (!why) return field(label, control, help);
  const value = control.selectedOptions?.[0]?.textContent ?? control.value;
  return h("div", { class: "field" }, h("p", { class: "label" }, label), h("p", { class: "fixed" }, value || "–"), h("p", { class: "help" }, t(why)));
}

/** Words of the appliance itself (appliance/firstboot/asking.py), here for their translations. */
export const WHYS = [
  "this computer has its name from its own system: sudo hostnamectl set-hostname NAME",
  "this computer's own system keeps its networks; this needs the appliance's image",
  "this machine has no Wi-Fi; a cable is as good",
];
const FIXED = "This is changed in the file of the configuration.";

async function basics({ next, setup }) {
  const settings = await get("/api/settings");
  const language = found(settings, "language");
  const zoned = found(settings, "timers.zone");
  const now = setup || { name: location.hostname, name_why: FIXED, language: language.value, languages: language.choices, zone: zoned.value, zone_why: zoned.changeable ? "" : FIXED };
  const codes = [...new Set([...(now.languages?.length ? now.languages : Object.keys(LANGUAGES)), now.language])].filter(Boolean);
  const spoken = h("select", null, codes.map((code) => h("option", { value: code, selected: code === now.language }, LANGUAGES[code] || code)));
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([now.zone, here, ...Intl.supportedValuesOf("timeZone")].filter(Boolean))];
  const zone = h("select", null, zones.map((name) => h("option", { value: name, selected: name === (now.zone || here) }, name.replaceAll("_", " "))));
  const name = h("input", { type: "text", required: true, maxlength: 63, pattern: "[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?", autocomplete: "off", autocapitalize: "none", spellcheck: "false", value: now.name });
  const network = setup && !setup.wifi.offered && ifAllowed(t("Wi-Fi"), h("input", { value: setup.wifi.connected }), "", setup.wifi.why);
  const fields = [ifAllowed(t("Its name in the network"), name, t("Letters, digits and -. It is found by this name."), now.name_why), ifAllowed(t("It speaks"), spoken, "", now.language_why), ifAllowed(t("Time zone"), zone, t("For alarms and for what time it is."), now.zone_why), network];
  return form(fields, t("Next"), async () => {
    if (!now.language_why && spoken.value !== now.language) await (setup ? post("/api/setup/language", { language: spoken.value }) : choose(settings, "language", spoken.value));
    if (setup && !now.zone_why && zone.value !== now.zone) await post("/api/setup/zone", { zone: zone.value });
    else if (!setup) await choose(settings, "timers.zone", zone.value);
    if (!now.language_why && spoken.value !== pageLanguage) await load(spoken.value);
    if (setup && !now.name_why && name.value.trim().toLowerCase() !== now.name) await post("/api/setup/name", { name: name.value.trim().toLowerCase() });
    await next();
  }, skip(next));
}

async function wifi({ next, ends }) {
  const told = await get("/api/setup/wifi");
  const networks = h("select", { "aria-label": t("Networks") }, told.networks.map((each) => h("option", { value: each.ssid }, `${each.ssid} · ${each.signal_percent} %`)), h("option", { value: "" }, t("Another one")));
  const own = h("input", { type: "text", maxlength: 32, autocomplete: "off", "aria-label": t("Name of the network") });
  const hidden = h("div", { class: "field", hidden: networks.value !== "" }, own);
  networks.addEventListener("change", () => (hidden.hidden = networks.value !== ""));
  const secret = h("input", { type: "password", maxlength: 64, autocomplete: "off" });
  const here = told.connected ? t("It is in {name}.", { name: told.connected }) : t("It has no Wi-Fi; a cable is as good.");
  const doing = h("p", { class: "help", role: "status" });
  let left = false;
  ends.push(() => (left = true));
  return form([h("p", null, here), field(t("Network"), networks), hidden, field(t("Its password"), secret), doing], t("Connect"), async () => {
    const ssid = networks.value || own.value.trim();
    const begun = await post("/api/setup/wifi", { ssid, passphrase: secret.value });
    secret.value = "";
    doing.textContent = t("It connects to {name}. If this device loses it now, look for it in that network.", { name: ssid });
    const change = await joined(begun.change, () => left);
    doing.textContent = "";
    if (change.state === "failed") throw Object.assign(new Error(change.reason), { status: 0, hint: "" });
    if (!left) await next();
  }, skip(next));
}

/** What came of joining a network; meanwhile the appliance may be out of reach. */
async function joined(begun, left) {
  let change = begun;
  const over = Date.now() + JOIN_MS;
  while (change.state === "working" && !left() && Date.now() < over) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      change = (await get("/api/setup")).wifi.change;
    } catch (error) {
      if (error.status !== 0 && error.status !== 503) throw error;
    }
  }
  return change;
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
  const picked = known.length ? ifAllowed(t("It wakes up at"), chosen, "", words.changeable ? "" : FIXED) : h("p", null, t("No wake word is here yet: Voices and models has some."));
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

async function house({ next, setup }) {
  const settings = setup ? [] : await get("/api/settings");
  const before = setup ? setup.home_assistant : { url: found(settings, "home_assistant.url").value || "", token: false };
  const fixed = !setup && !found(settings, "home_assistant.url").changeable;
  const told = h("p", null, t("With Home Assistant, everything in your home can be steered by voice. Without, timers, questions and MQTT devices work all the same."));
  if (fixed) return form([told, h("p", { class: "quiet" }, t("Home Assistant is connected from its file here: docs/home-assistant.md."))], t("Next"), next);
  const address = h("input", { type: "url", required: true, placeholder: "http://homeassistant.local:8123", value: before.url, autocomplete: "off" });
  const token = h("input", { type: "password", autocomplete: "off", maxlength: 1000, placeholder: before.token ? t("kept") : "" });
  const state = h("p", { class: "help", role: "status" }, before.reason || "");
  const none = button(t("None"), async () => {
    if (setup && before.url) await post("/api/setup/home-assistant", { url: "", token: "" });
    await next();
  }, { kind: "ghost" });
  return form([told, field(t("Address of Home Assistant"), address), field(t("Its long-lived token"), token, t("In Home Assistant: your profile, Security, Long-lived access tokens.")), state], t("Connect"), async () => {
    const url = address.value.trim();
    if (setup) {
      await post("/api/setup/home-assistant", { url, token: token.value }); // it is tried there
      token.value = "";
    } else {
      await choose(settings, "home_assistant.url", url);
      if (token.value) await choose(settings, "home_assistant.token", token.value);
    }
    await next();
  }, none);
}

async function ready() {
  const found = await maybe("/health", { parts: [] });
  const bad = found.parts.filter((part) => part.state !== "ok");
  const lines = bad.map((part) => h("div", { class: "line" }, h("span", { class: `dot ${part.state}`, "aria-hidden": "true" }), h("div", { class: "grow" }, h("h3", null, part.name), h("p", { class: "quiet" }, part.reason), part.hint && h("p", { class: "quiet" }, "→ ", part.hint))));
  const said = bad.length ? t("It works; this is still to be done:") : t("Everything works. Say the wake word, and ask for something.");
  return h("div", null, h("p", null, said), lines.length > 0 && h("div", { class: "card flush" }, lines), h("div", { class: "row end" }, button(t("Begin"), () => {
    location.hash = "#/now";
    document.dispatchEvent(new CustomEvent("signed-in"));
  }, { kind: "primary" })));
}
