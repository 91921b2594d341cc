// What was typed in this window: no note tells it, so a page that is loaded again knows it from here. Gone at logout.

const STORED = "appliance-typed";
const MAX_TEXT = 20_000;

/** `turns`: [[site and turn, words]…]; `unsent`: words that nobody took yet; `draft`: what stands in the field. */
export function typed() {
  const nothing = { turns: [], unsent: [], draft: "" };
  try {
    return { ...nothing, ...JSON.parse(sessionStorage.getItem(STORED) || "{}") };
  } catch {
    return nothing; // a browser that keeps nothing
  }
}

export function keepTyped(changes) {
  const text = JSON.stringify({ ...typed(), ...changes });
  try {
    if (text.length <= MAX_TEXT) sessionStorage.setItem(STORED, text);
  } catch {
    // a browser that keeps nothing
  }
}

/** Everything of this window: who signs in next may be somebody else. */
export function forget() {
  try {
    sessionStorage.clear();
  } catch {
    // a browser that keeps nothing
  }
}
