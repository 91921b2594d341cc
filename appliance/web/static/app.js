// The page: who is there, which view, and what went wrong.

import { get, notes, post, session, who } from "./api.js";
import { button, h, icon, replace } from "./dom.js";
import { language, load, t } from "./i18n.js";
import { forget } from "./kept.js";

const VIEWS = {
  now: "Now",
  home: "Home",
  timers: "Timers",
  satellites: "Satellites",
  models: "Voices and models",
  people: "People",
  health: "Health",
  updates: "Updates",
  settings: "Settings",
};
const FIRST = ["now", "home", "timers", "health"];
const WITHOUT_FRAME = new Set(["welcome", "login"]);
const TROUBLE_MS = 12_000;
const SIGNS_MS = 30_000;
const LOST_MS = 3_000;

const app = document.getElementById("app");
const state = { view: "", end: null, asked: 0, missing: false };
let frame = null;

async function begin() {
  await load(document.documentElement.lang);
  document.querySelector(".skip").textContent = t("Skip to content");
  theme(stored("theme"));
  addEventListener("hashchange", () => go());
  document.addEventListener("trouble", ({ detail }) => trouble(detail));
  document.addEventListener("reach", ({ detail }) => reach(detail));
  document.addEventListener("signed-out", () => signedOut());
  document.addEventListener("signed-in", () => go(true));
  document.addEventListener("theme", ({ detail }) => theme(detail));
  await identify();
}

async function identify() {
  try {
    await who();
    if (session.language && session.language !== language) await load(session.language);
    await go(true);
  } catch (error) {
    replace(app, h("main", { id: "main", class: "alone" }, h("h1", null, t("Voice appliance")), h("p", { role: "status" }, t(error.message)), h("p", { class: "quiet" }, t(error.hint)), button(t("Try again"), identify, { kind: "primary" })));
  }
}

function route() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  if (!session.owner) return ["welcome"];
  if (!session.signed_in) return ["login"];
  if (view === "welcome" || view === "more" || view in VIEWS) return [view, ...rest.map(decodeURIComponent)];
  return ["now"];
}

/** Show what the address says; `anew`: even when it is shown already. */
async function go(anew = false) {
  const [view, ...rest] = route();
  const address = [view, ...rest].join("/");
  if (address === state.view && !anew) return;
  const moved = state.view !== "";
  state.view = address;
  state.asked += 1;
  state.missing = false;
  const { asked } = state;
  leave();
  const main = place(view);
  const waiting = h("p", { class: "waiting", role: "status" }, t("One moment…"));
  replace(main, waiting);
  try {
    const module = view === "more" ? { show: more } : await fetched(view);
    if (asked !== state.asked) return;
    const shown = h("div", { class: `view view-${view}` });
    const end = await module.show(shown, { path: rest, again: () => go(true), leaveFor });
    if (asked !== state.asked) return void end?.();
    state.end = end;
    replace(main, shown);
    const heading = main.querySelector("h1");
    document.title = `${heading ? heading.textContent : t("Voice appliance")} · ${t("Voice appliance")}`;
    if (moved && heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  } catch (error) {
    if (asked !== state.asked) return;
    replace(main, h("h1", null, t(VIEWS[view] || "Voice appliance")), h("div", { class: "empty", role: "alert" }, h("p", null, t(error.message)), error.hint && h("p", { class: "quiet" }, t(error.hint)), button(t("Try again"), () => go(true))));
    if (!("status" in error)) throw error;
    state.missing = error.status === 0;
  }
}

const tries = {};

/** The view's module. A browser remembers a module that it could not get: it is asked for by another name then. */
async function fetched(view) {
  try {
    return await import(`./views/${view}.js${tries[view] ? `?${tries[view]}` : ""}`);
  } catch (error) {
    tries[view] = (tries[view] || 0) + 1;
    await who(); // says so when it is the connection that is gone
    throw error;
  }
}

/** The other views, before they are wanted: they are there without a connection, too. */
function prefetch() {
  const soon = window.requestIdleCallback || ((act) => setTimeout(act, 2000));
  for (const view of Object.keys(VIEWS)) soon(() => document.head.append(h("link", { rel: "modulepreload", href: new URL(`./views/${view}.js`, import.meta.url).href })));
}

function leaveFor(address) {
  if (location.hash === address) go(true);
  else location.hash = address;
}

function leave() {
  const { end } = state;
  state.end = null;
  end?.();
  for (const open of document.querySelectorAll("dialog")) open.close();
}

/** The element in which the view goes; with the navigation around it where one is signed in. */
function place(view) {
  if (WITHOUT_FRAME.has(view)) {
    frame = null;
    stopSigns();
    const main = h("main", { id: "main", class: "alone" });
    replace(app, main, banner());
    return main;
  }
  if (!frame) {
    frame = { main: h("main", { id: "main" }), nav: h("nav", { "aria-label": t("Sections") }) };
    replace(app, h("div", { class: "frame" }, frame.nav, h("div", { class: "page" }, frame.main)), banner());
    signs();
    prefetch();
  }
  navigation(view);
  return frame.main;
}

function navigation(view) {
  const shownIn = FIRST.includes(view) ? view : "more";
  const link = (name, label, kind) => {
    const here = name === "more" ? shownIn === "more" : name === view;
    return h("a", { href: `#/${name}`, class: kind, "data-icon": name, "aria-current": here ? "page" : null }, icon(name), h("span", null, label));
  };
  const all = Object.entries(VIEWS).map(([name, label]) => link(name, t(label), FIRST.includes(name) ? "first" : "wide"));
  const out = button(t("Sign out"), signOut, { kind: "ghost wide out" });
  replace(frame.nav, h("div", { class: "brand" }, h("span", { class: "mark", "aria-hidden": "true" }, icon("now")), h("span", null, t("Voice appliance"))), all, link("more", t("More"), "narrow"), out);
}

function more(root) {
  const rest = Object.entries(VIEWS).filter(([name]) => !FIRST.includes(name));
  const links = rest.map(([name, label]) => h("a", { href: `#/${name}`, class: "line" }, icon(name), h("span", null, t(label))));
  root.append(h("h1", null, t("More")), h("div", { class: "card list" }, links), h("div", { class: "row" }, button(t("Sign out"), signOut)));
}

async function signOut() {
  await post("/api/logout");
  forget();
  location.hash = "";
  location.reload(); // nothing of this one is left in memory either
}

// --- what went wrong ------------------------------------------------------------------------------------------

let banners = null;

function banner() {
  banners ||= h("div", { class: "banners", role: "status", "aria-live": "polite" });
  return banners;
}

function trouble(error) {
  if (error.status === 401) return;
  const after = error.after ? t("Try again in {seconds} s.", { seconds: error.after }) : "";
  const close = () => made.remove();
  const made = h("div", { class: "banner" }, h("div", null, h("p", null, t(error.message)), [error.hint && t(error.hint), after].filter(Boolean).map((line) => h("p", { class: "quiet" }, line))), button(t("Close"), close, { pictured: "close", bare: true, kind: "ghost" }));
  while (banner().childElementCount > 2) banner().firstChild.remove();
  banner().append(made);
  setTimeout(close, TROUBLE_MS);
  if (!("status" in error)) console.error(error);
}

let lost = null;

function reach(ok) {
  if (ok) {
    lost?.remove();
    if (lost && frame) signs();
    lost = null;
    if (state.missing) go(true);
  } else if (!lost && frame) {
    lost = h("div", { class: "banner calm" }, h("span", { class: "spinner", "aria-hidden": "true" }), h("p", null, t("The connection is lost; trying again…")));
    banner().prepend(lost);
    signs(LOST_MS);
  }
}

async function signedOut() {
  if (!session.signed_in) return;
  notes.hangUp();
  forget();
  Object.assign(session, { signed_in: false, csrf: "", scopes: [] });
  go(true);
}

// --- how it is, in the navigation -----------------------------------------------------------------------------

let signing = 0;

function signs(every = SIGNS_MS) {
  clearInterval(signing);
  signing = setInterval(sign, every);
  sign();
}

function stopSigns() {
  clearInterval(signing);
}

async function sign() {
  if (document.hidden) return;
  try {
    const found = await health();
    document.documentElement.dataset.health = found.state;
  } catch {
    document.documentElement.dataset.health = "down"; // the banner says it
  }
}

async function health() {
  try {
    return await get("/health");
  } catch (error) {
    if (error.body?.parts) return error.body;
    throw error;
  }
}

// --- dark or light --------------------------------------------------------------------------------------------

function theme(name) {
  if (name === "dark" || name === "light") document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("appliance-theme", name || "");
  } catch {
    // a browser that keeps nothing
  }
}

function stored(name) {
  try {
    return localStorage.getItem(`appliance-${name}`) || "";
  } catch {
    return "";
  }
}

begin();
