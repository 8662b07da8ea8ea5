// Elements, numbers and days. Text from trackers only ever becomes text nodes or attributes: nothing here
// parses markup, and the page's policy (require-trusted-types-for) makes sure that nothing can.
const SVG = "http://www.w3.org/2000/svg";

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "css") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(9)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}
const fill = (node, ...children) => put(node, null, children);
const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

// What a tracker said stands apart from what is around it, whichever way it is written.
const said = (text, attributes) => h("bdi", attributes, text === null || text === undefined ? "" : text);

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const number = (value) => (value === null || value === undefined ? "–" : NUMBER.format(value));
const percent = (share, digits = 0) =>
  share === null || share === undefined ? "unknown" : (share * 100).toFixed(digits) + " %";
const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many || one + "s"}`;
const capital = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1) : text);
const words = (text) => (text ? text.replaceAll("_", " ").replaceAll("-", " ") : text);

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const asDate = (day) => new Date(day * 86400000);
const dayOf = (year, month, day) => Math.round(Date.UTC(year, month, day) / 86400000);
function shortDay(day) {
  if (day === null || day === undefined) return "–";
  const date = asDate(day);
  const year = date.getUTCFullYear();
  const thisYear = asDate(D.today).getUTCFullYear();
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year === thisYear ? "" : " " + year}`;
}
function fullDay(day) {
  if (day === null || day === undefined) return "unknown";
  const date = asDate(day);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}
const slipText = (wd) =>
  wd === null || wd === undefined
    ? "unknown"
    : wd === 0
      ? "on time"
      : wd > 0
        ? `+${number(wd)} wd`
        : `${number(wd)} wd`;
const wdWords = (wd) => plural(Math.abs(wd), "working day") + (wd < 0 ? " earlier" : " later");

const ICONS = {
  red: "M3 3h10v10H3z",
  amber: "M8 2.2 14.6 13.6H1.4z",
  green: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4z",
};
function icon(colour) {
  const mark =
    colour in ICONS
      ? s("path", { d: ICONS[colour] })
      : s("circle", { cx: 8, cy: 8, r: 5, fill: "none", "stroke-width": 2.2, "stroke-dasharray": "3 2.2" });
  return s("svg", { class: `mark h-${colour}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, mark);
}
const COLOUR_WORDS = { red: "Red", amber: "Amber", green: "Green", grey: "Unknown" };
const health = (colour) =>
  h("span", { class: `chip c-${colour || "grey"}` }, icon(colour || "grey"), COLOUR_WORDS[colour || "grey"]);
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const severityRank = (name) => SEVERITIES.length - SEVERITIES.indexOf(name);
const severity = (name) =>
  h("span", { class: `sev s-${name}` }, h("i", { "aria-hidden": "true" }), capital(name));
