// What makes a page hard to use: too little contrast, no name, too small to tap, ids twice, wider than the screen.
(() => {
  const found = [];
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
  const where = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") || ""} “${(element.textContent || "").trim().slice(0, 40)}”`;
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, index) => value * a + below[index] * (1 - a));
  const behind = (element) => {
    if (!element) return rgba(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(element) || element.closest("noscript, .hidden-text, .skip, option, :disabled")) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ratio = contrast(over(rgba(style.color), ground), ground);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${where(element)}`);
  }
  const named = (element) =>
    element.getAttribute("aria-label") || element.labels?.length || element.textContent.trim() || element.querySelector("[aria-label]") || element.getAttribute("aria-labelledby");
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=switch], [role=img], [role=meter], progress")) {
    if (!shown(element) || element.classList.contains("skip")) continue;
    if (!named(element)) found.push(`no name: ${where(element)}`);
    if (element.matches("progress, [role=img], [role=meter], p a")) continue;
    const box = (element.matches("input[type=checkbox]") ? element.closest("label") || element : element).getBoundingClientRect();
    if (box.height < 43.5 || box.width < 43.5) found.push(`small ${box.width.toFixed(0)}×${box.height.toFixed(0)}: ${where(element)}`);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${image.src.slice(0, 60)}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) found.push(`id twice: ${id}`);
  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (!document.documentElement.lang) found.push("no language");
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
  return found;
})();
