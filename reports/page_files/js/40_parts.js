// Pieces that several views are made of.
function section(title, about, ...children) {
  return h(
    "section",
    { class: "card" },
    h("div", { class: "card-head" }, h("h2", {}, title), about ? h("p", { class: "about" }, about) : null),
    children,
  );
}
function tiles(...list) {
  return h(
    "ul",
    { class: "tiles" },
    list
      .filter(Boolean)
      .map((one) =>
        h(
          "li",
          {},
          h(
            one.href ? "a" : "div",
            { class: `tile ${one.tone ? "t-" + one.tone : ""}`, href: one.href },
            h("span", { class: "tile-value" }, one.value),
            h("span", { class: "tile-name" }, one.name),
            one.note ? h("span", { class: "tile-note" }, one.note) : null,
          ),
        ),
      ),
  );
}
const nothing = (text) => h("p", { class: "nothing" }, text);
const keyLink = (one) => h("a", { class: "key", href: itemAddress(one) }, said(one.key));
const itemLink = (one) =>
  h(
    "a",
    { class: "item-link", href: itemAddress(one) },
    said(one.key, { class: "key" }),
    " ",
    said(one.title),
  );
const kindWord = (one) => capital(words(one.kind));

// A bar whose parts are in proportion; the words beside it say the same for those who do not see it.
function stack(parts, label) {
  const total = parts.reduce((sum, one) => sum + one.value, 0);
  return h(
    "span",
    {
      class: "stack",
      role: "img",
      "aria-label":
        label ||
        parts
          .filter((one) => one.value)
          .map((one) => `${number(one.value)} ${one.name}`)
          .join(", "),
    },
    total
      ? parts
          .filter((one) => one.value)
          .map((one) =>
            h("span", {
              class: one.class,
              css: { flex: `${one.value} 0 0` },
              "data-tip": `${one.name}: ${number(one.value)}`,
            }),
          )
      : null,
  );
}
const COLOURS = ["red", "amber", "green", "grey"];
const colourStack = (values) =>
  stack(
    COLOURS.map((name, place) => ({
      name: name === "grey" ? "unknown" : name,
      value: values[place],
      class: `b-${name}`,
    })),
  );
function bar(value, most, tone) {
  return h(
    "span",
    { class: "bar", "aria-hidden": "true" },
    h("span", { class: tone || "", css: { width: `${most ? Math.max(1.5, (100 * value) / most) : 0}%` } }),
  );
}
function slipCell(one) {
  if (one.slip_wd === null || one.slip_wd === undefined) return h("span", { class: "unknown" }, "unknown");
  const tone = one.slip_wd > 5 ? "bad" : one.slip_wd > 2 ? "warn" : one.slip_wd < 0 ? "good" : "";
  return h("span", { class: `num ${tone}`, "data-tip": one.slip_pair }, slipText(one.slip_wd));
}
function forecast(one) {
  if (one.p50 === null && one.p80 === null) return h("span", { class: "unknown" }, "unknown");
  if (one.p80 === null)
    return h(
      "span",
      {
        class: "nowrap",
        "data-tip": `half of the cases; ${one.forecast_method || ""}. No 80 %: too few finished items`,
      },
      shortDay(one.p50),
    );
  return h(
    "span",
    { class: "nowrap", "data-tip": `50 %: ${fullDay(one.p50)} · 80 %: ${fullDay(one.p80)}` },
    one.p50 === one.p80 ? shortDay(one.p50) : `${shortDay(one.p50)} – ${shortDay(one.p80)}`,
  );
}
const owner = (one) => {
  if (one.done && !one.owner) return "";
  if (one.done) return said(one.owner);
  if (!one.owner_problem) return one.owner ? said(one.owner) : h("span", { class: "unknown" }, "unknown");
  return h(
    "span",
    { class: "bad" },
    one.owner ? [said(one.owner), ` (${one.owner_problem})`] : one.owner_problem,
  );
};
// Filters of one view, as links: the one that is on is marked, and clicking it again takes it off.
function chips(name, choices, label) {
  return h(
    "div",
    { class: "chips", role: "group", "aria-label": label },
    choices.map(([value, text, count]) => {
      const isOn = (state[name] || "") === value;
      return h(
        "a",
        {
          class: "chip-link",
          href: address({ [name]: isOn ? null : value, item: null }),
          "aria-current": isOn ? "true" : null,
        },
        text,
        count === undefined ? null : h("b", {}, number(count)),
      );
    }),
  );
}
function legend(...entries) {
  return h(
    "ul",
    { class: "legend" },
    entries.map(([mark, text]) => h("li", {}, mark, text)),
  );
}
const swatch = (kind) => h("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
// Two charts beside each other where there is room.
const half = (most) => (width() > 940 ? Math.min(most || 700, width() / 2 - 42) : width(most));
// On paper everything is as wide as a sheet of A4, and tables show more of their rows.
const PAPER = 1010;
let onPaper = false;
const width = (most) =>
  onPaper
    ? Math.min(most || PAPER, PAPER)
    : Math.max(300, Math.min(most || 1400, (document.getElementById("main")?.clientWidth || 1100) - 42));
