// Lines over time as SVG. Pure but for the elements it makes.

import { h, s } from "./dom.js";
import { clock, number } from "./i18n.js";

const WIDTH = 300;
const HEIGHT = 100;

/** Round numbers for the top of a scale. */
export function top(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value) || 10 * power;
}

/** Runs of points without a gap between them; a lone point becomes a short line, so that it is seen. */
export function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point[1] === null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((run) => run.length);
}

/**
 * `lines`: [{name, points: [[seconds since 1970, value | null], …]}, …], the first one the main one; null is a gap.
 * Gives {picture, last, middle} of the first line, or null when there is nothing to draw.
 */
export function graph(label, lines, unit, digits = 0) {
  const known = lines.map((line) => ({ ...line, runs: runs(line.points) })).filter((line) => line.runs.length);
  const all = known.flatMap((line) => line.runs.flat());
  if (all.length < 2) return null;
  const times = lines.flatMap((line) => line.points.map(([at]) => at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const high = top(Math.max(...all.map(([, value]) => value)));
  const x = (at) => ((at - from) / Math.max(0.001, to - from)) * WIDTH;
  const y = (value) => HEIGHT - (value / high) * HEIGHT;
  const path = (run) => run.map(([at, value], index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("") + (run.length === 1 ? "h1.5" : "");
  const rules = [0, 0.5, 1].map((share) => s("line", { class: "rule", x1: 0, x2: WIDTH, y1: share * HEIGHT, y2: share * HEIGHT }));
  const under = known[0].runs.filter((run) => run.length > 1).map((run) => s("path", { class: "under", d: `${path(run)}V${HEIGHT}H${x(run[0][0]).toFixed(1)}Z` }));
  const over = known.toReversed().map((line) => s("path", { class: line === known[0] ? "over" : "over second", d: line.runs.map(path).join("") }));
  const values = known[0].runs.flat().map(([, value]) => value);
  const sorted = values.toSorted((one, other) => one - other);
  const said = `${label}: ${number(sorted[0], digits)}–${number(sorted.at(-1), digits)} ${unit}`;
  const drawn = s("svg", { class: "graph", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said }, rules, under, over);
  const foot = h("div", { class: "graph-foot" }, h("span", null, clock(from)), h("span", null, `0–${number(high, 1)} ${unit}`), h("span", null, clock(to)));
  return { picture: h("div", null, drawn, foot), last: values.at(-1), middle: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1), names: known.map((line) => line.name).filter(Boolean) };
}
