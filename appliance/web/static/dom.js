// Elements, icons and small helpers. Nothing here writes markup from text: what a house says is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "x", onclick: f, aria-label: "…"}, child, …); null, false and undefined are left out. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

const ICONS = {
  now: "M5 10v4M9 7v10M13 4v16M17 8v8M21 11v2",
  home: "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
  satellites: "M12 12v9M8 21h8M8.5 15.5a5 5 0 1 1 7 0M5.6 18.4a9 9 0 1 1 12.8 0",
  models: "M12 3v12M7 10l5 5 5-5M5 20h14",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5c2 .8 3.2 2.6 3.5 5.5",
  timers: "M12 21a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 9v4l2.5 2M9 2h6",
  health: "M3 12h4l3-7 4 14 3-7h4",
  updates: "M20 11a8 8 0 0 0-14.5-4L3 9.5M3 4v5.5h5.5M4 13a8 8 0 0 0 14.5 4l2.5-2.5M21 20v-5.5h-5.5",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  mic: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zM5 11a7 7 0 0 0 14 0M12 18v3.5",
  muted: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15zM5 11a7 7 0 0 0 14 0M12 18v3.5M3.5 3.5l17 17",
  stop: "M7 7h10v10H7z",
  send: "M4 12h15M13 6l6 6-6 6",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  play: "M8 5.5l11 6.5-11 6.5z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  plus: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  light: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.900c.6.5.9 1.1.9 1.900h5.200c0-.8.3-1.4.9-1.900A6 6 0 0 0 12 3z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  cover: "M4 4h16M5 4v13h14V4M5 8.5h14M5 13h14M12 17v3",
  climate: "M10 14.5V5.5a2 2 0 0 1 4 0v9a4 4 0 1 1-4 0z",
  fan: "M12 12c0-4 1-8 4-8s3 5-4 8zM12 12c4 0 8 1 8 4s-5 3-8-4zM12 12c0 4-1 8-4 8s-3-5 4-8zM12 12c-4 0-8-1-8-4s5-3 8 4z",
  media: "M11 5L6 9H3v6h3l5 4zM15 9a4 4 0 0 1 0 6M18 6a8 8 0 0 1 0 12",
  sensor: "M4 18l5-6 4 3 7-9",
  switch: "M8 7h8a5 5 0 0 1 0 10H8A5 5 0 0 1 8 7zM16 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  scene: "M12 3l2.5 6.5L21 12l-6.5 2.5L12 21l-2.5-6.5L3 12l6.5-2.5z",
};

export function icon(name) {
  const drawn = s("path", { d: ICONS[name] || ICONS.scene });
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, drawn);
}

/** A button with a picture; `label` is also its name for screen readers when only the picture shows. */
export function button(label, onclick, { kind = "", pictured = null, bare = false, ...more } = {}) {
  const attributes = { type: "button", class: `button ${kind} ${bare ? "bare" : ""}`.trim(), ...more };
  if (pictured) attributes["data-icon"] = pictured;
  if (bare) Object.assign(attributes, { "aria-label": label, title: label });
  const made = h("button", attributes, pictured && icon(pictured), bare ? null : h("span", null, label));
  if (onclick) made.addEventListener("click", () => busy(made, onclick));
  return made;
}

/** Run it, and take no second click meanwhile. What it throws is shown by the page. */
export async function busy(control, work) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    document.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  } finally {
    control.removeAttribute("aria-busy");
  }
}

let fields = 0;

/** A labelled field; `control` is any input, `help` a line below it. */
export function field(label, control, help = "") {
  fields += 1;
  control.id ||= `field-${fields}`;
  const said = help && h("p", { class: "help", id: `${control.id}-help` }, help);
  if (said) control.setAttribute("aria-describedby", said.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, said);
}

/** A switch. `onchange(on)` may throw: then it goes back. */
export function toggle(label, on, onchange, more = {}) {
  const made = h("button", { type: "button", role: "switch", class: "toggle", "aria-checked": String(on), "aria-label": label, ...more });
  made.addEventListener("click", () =>
    busy(made, async () => {
      const wanted = made.getAttribute("aria-checked") !== "true";
      made.setAttribute("aria-checked", String(wanted));
      try {
        await onchange(wanted);
      } catch (error) {
        made.setAttribute("aria-checked", String(!wanted));
        throw error;
      }
    }),
  );
  return made;
}

export function card(title, ...children) {
  return h("section", { class: "card" }, title && h("h2", null, title), children);
}

export function empty(text, hint = "") {
  return h("div", { class: "empty" }, h("p", null, text), hint && h("p", { class: "quiet" }, hint));
}

/** A dialog that is closed by Escape, its button, or `close`. Focus goes back to where it was. */
export function dialog(title, content, closeLabel) {
  const made = h("dialog", { class: "dialog", "aria-label": title });
  const close = () => made.close();
  const head = h("header", null, h("h2", null, title), button(closeLabel, close, { pictured: "close", bare: true, kind: "ghost" }));
  made.append(head, h("div", { class: "dialog-body" }, typeof content === "function" ? content(close) : content));
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}

/** A promise of whether the person said yes. */
export function confirmed(question, yes, no) {
  return new Promise((resolve) => {
    let answer = false;
    const made = dialog(question, (close) => {
      const agree = () => {
        answer = true;
        close();
      };
      return h("div", { class: "row end" }, button(no, close, { kind: "ghost" }), button(yes, agree, { kind: "danger" }));
    }, no);
    made.addEventListener("close", () => resolve(answer));
  });
}
