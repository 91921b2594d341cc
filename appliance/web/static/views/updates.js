// Newer versions, and keeping what is here.

import { get, maybe, offers, post } from "../api.js";
import { busy, button, card, confirmed, field, h, icon, replace } from "../dom.js";
import { bytes, moment, number, t } from "../i18n.js";

const AGAIN_MS = 5_000;
const SHOWN = 7;

export async function show(root) {
  const [status, first, backups] = await Promise.all([get("/api/status"), maybe("/api/updates"), maybe("/api/backups")]);
  const place = h("div");
  const draw = (told) => replace(place, told?.installed ? updates(told, draw) : without(status));
  draw(first);
  root.append(h("h1", null, t("Updates and backup")), place, backup(backups));
  if (offers("/api/factory-reset")) root.append(forgetting());
  let busyNow = first?.in_progress;
  const again = setInterval(async () => {
    if (document.hidden || !busyNow) return;
    try {
      const told = await get("/api/updates");
      busyNow = told.in_progress;
      draw(told);
    } catch (detail) {
      document.dispatchEvent(new CustomEvent("trouble", { detail }));
    }
  }, AGAIN_MS);
  place.addEventListener("begun", () => (busyNow = true));
  return () => clearInterval(again);
}

function without(status) {
  return card(t("Version {version}", { version: status.version }), h("p", null, t("This appliance is not updated from here.")), h("p", { class: "quiet" }, t("On an image:"), " ", h("code", null, "appliance update")));
}

function updates(told, draw) {
  const newer = told.latest && told.latest !== told.installed;
  const begin = async (path, body) => {
    const answer = await post(path, body);
    document.querySelector("#main .view")?.firstElementChild?.nextElementSibling?.dispatchEvent(new Event("begun"));
    draw(answer.installed ? answer : await get("/api/updates"));
  };
  const install = newer && !told.in_progress && button(t("Install {version}", { version: told.latest }), async () => {
    if (await confirmed(t("Install {version}? It restarts, and goes back by itself if it is not well after that.", { version: told.latest }), t("Install"), t("Not now"))) await begin("/api/updates/install", {});
  }, { kind: "primary" });
  const check = !told.in_progress && button(t("Look for a newer one"), () => begin("/api/updates/check", {}));
  const rollback = !told.in_progress && button(t("Go back to the version before"), async () => {
    if (await confirmed(t("Go back to the version before?"), t("Go back"), t("No"))) await begin("/api/updates/rollback", {});
  }, { kind: "ghost" });
  const progress = told.in_progress && h("div", { role: "status" }, h("p", null, t(told.doing || "Working…")), h("progress", { max: 100, value: told.percent ?? undefined, "aria-label": t("Progress") }));
  const trouble = told.problem && h("div", { class: "meaning" }, h("p", null, told.problem), h("p", { class: "quiet" }, told.hint));
  const undone = told.undone && h("p", { class: "quiet" }, t("{version} was taken back: {why}", { version: told.undone, why: told.undone_why }));
  return h(
    "section",
    { class: "card" },
    h("div", { class: "overall" }, icon("updates"), h("div", { class: "grow" }, h("h2", null, t("Version {version}", { version: told.installed })), h("p", { class: "quiet" }, newer ? t("{version} can be installed ({size} MB).", { version: told.latest, size: number(told.size_mb) }) : t("That is the newest known.")))),
    told.notes && newer && h("p", null, told.notes),
    told.trying && h("p", { class: "badge warn" }, t("on trial")),
    progress,
    trouble,
    undone,
    h("div", { class: "row end" }, rollback, check, install),
  );
}

function backup(told) {
  const how = [
    [t("Make one now"), "appliance backup"],
    [t("Look whether they are good"), "appliance verify"],
    [t("Go back to one"), "appliance restore"],
  ];
  const lines = how.map(([what, command]) => h("div", { class: "line" }, h("div", { class: "grow" }, h("p", null, what)), h("code", null, command)));
  const list = h("div");
  const draw = (known) => replace(list, known.snapshots.toReversed().slice(0, SHOWN).map((each) => h("div", { class: "line" }, h("div", { class: "grow" }, h("h3", null, each.at ? moment(each.at) : each.where), h("p", { class: "quiet small" }, each.where)))), [known.trouble, known.offsite_trouble].filter(Boolean).map((trouble) => h("div", { class: "meaning" }, h("p", null, trouble))));
  if (told) draw(told);
  const done = h("p", { class: "help", role: "status" });
  const now = told && button(t("Back up now"), async () => {
    const made = await post("/api/backups");
    const secrets = made.left_out ? t("Not in it: {count} secrets. Set backup.passphrase_file to keep them, too.", { count: made.left_out }) : "";
    done.textContent = [t("Made: {size}.", { size: bytes(made.size) }), secrets].join(" ");
    draw(await get("/api/backups"));
  }, { kind: "primary" });
  const commands = h("details", { open: !told }, h("summary", null, t("In a terminal")), lines);
  return card(t("Backup"), h("p", { class: "quiet" }, t("Settings, people, timers, models' names and records; never sound. A backup of one board can be restored on another.")), list, done, told && h("div", { class: "row end" }, now), commands);
}

/** Everything as on the first day. Nobody does that by accident. */
function forgetting() {
  const sentence = t("forget everything");
  const words = h("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const told = h("p", { class: "help", role: "status" });
  const send = button(t("Forget everything"), null, { kind: "danger", type: "submit", disabled: true });
  words.addEventListener("input", () => (send.disabled = words.value.trim().toLowerCase() !== sentence));
  const made = h("form", null, h("p", { class: "quiet" }, t("Settings, people, voices, timers, names and records are removed, and the machine starts as on its first day. Backups elsewhere stay.")), field(t("Type “{words}”", { words: sentence }), words), told, h("div", { class: "row end" }, send));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!send.disabled) busy(send, async () => (told.textContent = (await post("/api/factory-reset", { sure: true })).note));
  });
  return h("details", { class: "card flush" }, h("summary", null, t("Start from the beginning")), h("div", { class: "padded" }, made));
}
