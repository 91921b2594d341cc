// A line over time as SVG. Pure but for the elements it makes.

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

/** `points`: [[seconds since 1970, value], …]; the picture of them with its figures for screen readers. */
export function graph(label, points, unit, digits = 0) {
  if (points.length < 2) return null;
  const [from, to] = [points[0][0], points.at(-1)[0]];
  const high = top(Math.max(...points.map(([, value]) => value)));
  const x = (at) => ((at - from) / Math.max(0.001, to - from)) * WIDTH;
  const y = (value) => HEIGHT - (value / high) * HEIGHT;
  const path = points.map(([at, value], index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const rules = [0, 0.5, 1].map((share) => s("line", { class: "rule", x1: 0, x2: WIDTH, y1: share * HEIGHT, y2: share * HEIGHT }));
  const sorted = points.map(([, value]) => value).sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const said = `${label}: ${number(sorted[0], digits)}–${number(sorted.at(-1), digits)} ${unit}`;
  const drawn = s("svg", { class: "graph", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said }, rules, s("path", { class: "under", d: `${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` }), s("path", { class: "over", d: path }));
  return { picture: h("div", null, drawn, h("div", { class: "graph-foot" }, h("span", null, clock(from)), h("span", null, `0–${number(high, 1)} ${unit}`), h("span", null, clock(to)))), last: points.at(-1)[1], middle };
}
