// People and what they may; programs and browsers that may come in; what was done for whom.

import { get, maybe, post, put, remove } from "../api.js";
import { busy, button, confirmed, dialog, empty, field, h, icon, replace } from "../dom.js";
import { moment, t } from "../i18n.js";

const ROLES = { owner: "Owner", adult: "Adult", child: "Child", guest: "Guest" };
const SCOPES = { speak: "make speech, list voices", chat: "ask and talk", read: "see status, turns and devices", control: "steer devices, timers and volume", admin: "everything, also settings" };
const MAX_ROWS = 30;

export async function show(root) {
  const people = h("div");
  const load = async () => replace(people, drawPeople(await get("/api/people"), load));
  await load();
  root.append(
    h("div", { class: "row between" }, h("h1", null, t("People and permissions")), button(t("Add"), () => adding(load), { kind: "primary", pictured: "plus" })),
    people,
    h("h2", null, t("Access")),
    later(t("Programs (tokens)"), tokens),
    later(t("Browsers signed in"), browsers),
    later(t("Change the passphrase"), passphrase),
    later(t("Who had what done"), audit),
  );
}

/** A part that is read when it is opened. */
function later(title, content) {
  const place = h("div");
  const made = h("details", { class: "card flush" }, h("summary", null, title), place);
  const load = async () => replace(place, await content(load));
  made.addEventListener("toggle", () => made.open && busy(made, load));
  return made;
}

function drawPeople(people, load) {
  if (!people.length) return empty(t("Nobody is known yet."), t("Without people everybody may what the rules allow to those who are not known. Add the first, and give it a PIN for guarded things such as doors."));
  return h("div", { class: "card list" }, people.map((person) => drawn(person, load)));
}

function drawn(person, load) {
  const path = `/api/people/${encodeURIComponent(person.name)}`;
  const facts = [t(ROLES[person.role] || person.role), person.pin ? t("PIN set") : t("no PIN"), person.voices ? t("voice known") : t("voice not known"), person.rooms.join(", ")].filter(Boolean).join(" · ");
  const more = button(t("More about {name}", { name: person.name }), () => about(person, path, load), { pictured: "more", bare: true, kind: "ghost" });
  return h("div", { class: "line" }, icon("people"), h("div", { class: "grow" }, h("h3", null, person.name), h("p", { class: "quiet" }, facts)), more);
}

function about(person, path, load) {
  const pin = h("input", { type: "password", inputmode: "numeric", autocomplete: "off", maxlength: 64 });
  const told = h("p", { class: "help", role: "status" });
  const rules = person.permissions.length ? person.permissions.map((rule) => h("p", { class: "secret" }, h("code", null, rule))) : h("p", { class: "quiet" }, t("No rules of their own."));
  dialog(person.name, (close) => {
    const setPin = button(t("Set PIN"), async () => {
      await put(`${path}/pin`, { pin: pin.value });
      pin.value = "";
      told.textContent = t("The PIN is set.");
      await load();
    });
    const learn = button(t("Learn the voice"), async () => {
      const begun = await post(`${path}/voice`, { room: "local" });
      told.textContent = t("Now say {count} sentences to the appliance.", { count: begun.needed });
    }, { pictured: "mic" });
    const forget = button(t("Forget {name}", { name: person.name }), async () => {
      close();
      if (!(await confirmed(t("Forget {name} with voice, PIN and records?", { name: person.name }), t("Forget"), t("Keep")))) return;
      await remove(path);
      await load();
    }, { kind: "danger" });
    return h("div", null, h("h3", null, t("Rules")), rules, field(t("New PIN"), pin, t("It confirms guarded things, such as unlocking a door.")), h("div", { class: "row" }, setPin, learn), told, h("div", { class: "row end" }, forget));
  }, t("Close"));
}

function adding(load) {
  const name = h("input", { type: "text", required: true, maxlength: 200, autocomplete: "off" });
  const role = h("select", null, Object.entries(ROLES).map(([value, label]) => h("option", { value, selected: value === "adult" }, t(label))));
  const send = button(t("Add"), null, { kind: "primary", type: "submit" });
  const form = h("form", null, field(t("Name"), name), field(t("Role"), role), h("div", { class: "row end" }, send));
  const made = dialog(t("Add a person"), form, t("Close"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, async () => {
      await post("/api/people", { name: name.value.trim(), role: role.value });
      made.close();
      await load();
    });
  });
}

async function tokens(load) {
  const known = await get("/api/tokens");
  const lines = known.map((token) => {
    const away = button(t("Revoke {name}", { name: token.name || token.id }), async () => {
      await remove(`/api/tokens/${encodeURIComponent(token.id)}`);
      await load();
    }, { pictured: "trash", bare: true, kind: "ghost" });
    return h("div", { class: "line" }, h("div", { class: "grow" }, h("h3", null, token.name || token.id), h("p", { class: "quiet" }, token.scopes.join(", "), token.expires ? ` · ${t("until {when}", { when: moment(token.expires) })}` : "")), token.expired && h("span", { class: "badge warn" }, t("expired")), away);
  });
  return [lines.length ? lines : h("p", { class: "quiet" }, t("No program has a token.")), h("p", null, button(t("New token"), () => newToken(load), { pictured: "plus" }))];
}

function newToken(load) {
  const name = h("input", { type: "text", maxlength: 60, autocomplete: "off" });
  const boxes = Object.keys(SCOPES).map((scope) => h("input", { type: "checkbox", value: scope, id: `scope-${scope}` }));
  const ticks = boxes.map((box) => h("label", { class: "tick", for: box.id }, box, h("span", null, h("b", null, box.value), ` · ${t(SCOPES[box.value])}`)));
  const send = button(t("Make it"), null, { kind: "primary", type: "submit" });
  const form = h("form", null, field(t("What is it for?"), name), h("fieldset", { class: "plain" }, h("legend", { class: "quiet" }, t("It may")), ticks), h("div", { class: "row end" }, send));
  const place = h("div", null, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, async () => {
      const scopes = boxes.filter((box) => box.checked).map((box) => box.value);
      const made = await post("/api/tokens", { name: name.value, scopes, days: 0 });
      replace(place, h("p", null, t("Keep it well: it is shown only now.")), h("p", { class: "secret" }, h("code", null, made.token)));
      await load();
    });
  });
  dialog(t("A token for a program"), place, t("Close"));
}

async function browsers(load) {
  const known = await get("/api/sessions");
  return known.map((each) => {
    const end = button(t("Sign out this browser"), async () => {
      await remove(`/api/sessions/${encodeURIComponent(each.id)}`);
      await load();
    }, { pictured: "close", bare: true, kind: "ghost" });
    return h("div", { class: "line" }, h("div", { class: "grow" }, h("p", { class: "small" }, each.agent || t("unknown browser")), h("p", { class: "quiet" }, t("since {when}", { when: moment(each.made) }))), each.this ? h("span", { class: "badge" }, t("this one")) : end);
  });
}

async function passphrase() {
  const current = h("input", { type: "password", autocomplete: "current-password", required: true });
  const fresh = h("input", { type: "password", autocomplete: "new-password", required: true, minlength: 10, maxlength: 200 });
  const told = h("p", { class: "help", role: "status" });
  const send = button(t("Change it"), null, { kind: "primary", type: "submit" });
  const form = h("form", null, field(t("Now"), current), field(t("New"), fresh, t("At least 10 characters; several words are best.")), send, told);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(send, async () => {
      await post("/api/passphrase", { current: current.value, passphrase: fresh.value });
      form.reset();
      told.textContent = t("Changed. Other browsers must sign in again.");
    });
  });
  return h("div", { class: "padded" }, form);
}

async function audit(load) {
  const rows = (await maybe(`/api/audit?limit=${MAX_ROWS}`)) || [];
  if (!rows.length) return h("p", { class: "quiet" }, t("Nothing is recorded."));
  const clear = button(t("Forget all of it"), async () => {
    if (!(await confirmed(t("Forget who had what done?"), t("Forget"), t("Keep")))) return;
    await remove("/api/audit");
    await load();
  }, { kind: "danger" });
  const lines = rows.toReversed().map((row) => h("div", { class: "line" }, h("div", { class: "grow" }, h("p", null, `${row.what} ${row.entity}`), h("p", { class: "quiet" }, [moment(row.at), row.who, row.room, row.reason].filter(Boolean).join(" · "))), h("span", { class: `badge ${row.outcome === "done" || row.outcome === "allow" ? "" : "warn"}` }, t(row.outcome))));
  return [lines, h("div", { class: "row end padded" }, clear)];
}

