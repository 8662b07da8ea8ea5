// Scales and axes of the charts. Marks carry classes, never colours: themes and print decide those.
const linear = (low, high, from, to) => (value) =>
  high === low ? from : from + ((value - low) / (high - low)) * (to - from);

function monthTicks(first, last, most) {
  const ticks = [];
  const date = asDate(first);
  const months = Math.max(1, (last - first) / 30.4);
  const step = [1, 2, 3, 6, 12, 24].find((one) => months / one <= most) || 24;
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() - (date.getUTCMonth() % step);
  for (;;) {
    const day = dayOf(year, month, 1);
    if (day > last) break;
    if (day >= first) {
      const at = asDate(day);
      ticks.push({
        day,
        text: MONTHS[at.getUTCMonth()],
        year: at.getUTCFullYear(),
        isYear: at.getUTCMonth() === 0,
      });
    }
    month += step;
  }
  return ticks;
}
const monthLabel = (tick, place) => (place === 0 || tick.isYear ? `${tick.text} ${tick.year}` : tick.text);

function niceSteps(most, count) {
  const raw = Math.max(1, most / count);
  const base = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * base).find((one) => one >= raw);
  const found = [];
  for (let value = 0; value <= most + step * 0.001; value += step) found.push(value);
  return found;
}
const chart = (wide, high, label, ...children) =>
  s(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${wide} ${high}`,
      width: wide,
      height: high,
      role: "img",
      "aria-label": label,
    },
    children,
  );
const label = (x, y, text, attributes) => s("text", { x, y, ...attributes }, text);
const clip = (text, most) =>
  text && text.length > most ? text.slice(0, most - 1).trimEnd() + "…" : text || "";

// Columns over months or bins, with one or more series beside each other or on top of each other.
function columnsChart({ wide, high = 200, bins, series, name, unit = "", stacked = true }) {
  const left = 40,
    bottom = 26,
    top = 14;
  const totals = bins.map((_, place) =>
    stacked
      ? series.reduce((sum, one) => sum + (one.values[place] || 0), 0)
      : Math.max(...series.map((one) => one.values[place] || 0)),
  );
  const most = Math.max(1, ...totals);
  const steps = niceSteps(most, 4);
  const y = linear(0, Math.max(most, steps.at(-1)), high - bottom, top);
  const room = (wide - left - 6) / bins.length;
  const thick = Math.min(46, room * 0.68);
  const marks = [];
  bins.forEach((bin, place) => {
    const x = left + room * place + (room - thick) / 2;
    let base = 0;
    for (const one of series) {
      const value = one.values[place] || 0;
      if (!value) continue;
      marks.push(
        s("rect", {
          x,
          width: thick,
          y: y(base + value),
          height: Math.max(0.5, y(base) - y(base + value)),
          class: one.class,
          "data-tip": `${bin}: ${number(value)} ${one.name}`,
        }),
      );
      base += value;
    }
    if (totals[place])
      marks.push(
        label(x + thick / 2, y(totals[place]) - 4, number(totals[place]), {
          class: "value",
          "text-anchor": "middle",
        }),
      );
    marks.push(label(x + thick / 2, high - 8, bin, { class: "tick", "text-anchor": "middle" }));
  });
  return chart(
    wide,
    high,
    name,
    steps.map((value) => [
      s("line", { x1: left, x2: wide, y1: y(value), y2: y(value), class: "grid" }),
      label(left - 6, y(value) + 4, number(value) + unit, { class: "tick", "text-anchor": "end" }),
    ]),
    marks,
  );
}
