// What the page says, in the house's language. English is what stands in the code; another language is a
// dictionary `i18n/<code>.json` from the English text to its own. A text without a translation stays English.

let dictionary = {};
export let language = "en";

export async function load(code) {
  language = code || "en";
  const name = language.split("-")[0];
  document.documentElement.lang = language;
  dictionary = {};
  if (name === "en" || !/^[a-z]{2,3}$/.test(name)) return;
  const answer = await fetch(new URL(`./i18n/${name}.json`, import.meta.url));
  if (answer.ok) dictionary = await answer.json();
  else document.documentElement.lang = language = "en";
}

/** t("{count} gaps", {count: 3}) */
export function t(text, values = {}) {
  const said = dictionary[text] || text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function clock(seconds) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(seconds * 1000));
}

export function moment(seconds) {
  const usual = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(language, usual).format(new Date(seconds * 1000));
}

export function bytes(count) {
  if (!count) return "";
  const mega = count / 1e6;
  return mega >= 1000 ? `${number(mega / 1000, 1)} GB` : `${number(mega, mega < 10 ? 1 : 0)} MB`;
}

/** Of seconds: "4:05", "1:02:09". */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}
