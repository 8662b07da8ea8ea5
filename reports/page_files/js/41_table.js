// Tables: sorted by any column, shown a few rows at a time, printed as they are shown. A column has a title,
// `get` for sorting, `cell` for what is shown, `num` for figures, and `at`: 1 stays on a phone, 3 needs room.
const PAGE = 25;

function compare(one, other) {
  const missing = (value) => value === null || value === undefined || value === "";
  if (missing(one) || missing(other)) return missing(one) - missing(other);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true, sensitivity: "base" });
}

function table({ id, caption, columns, rows, sort, page = PAGE, empty }) {
  if (!rows.length) return nothing(empty || "There is nothing here.");
  const box = h("div", { class: "table-box" });
  const [name, direction] = (state[`sort_${id}`] || sort || "").split(".");
  const column = columns.find((one) => one.name === name);
  let sorted = rows;
  if (column) {
    const down = direction === "down" ? -1 : 1;
    // What is unknown stays at the end, whichever way the rest is sorted.
    sorted = rows
      .map((row) => [column.get(row), row])
      .sort(([one], [other]) => {
        const gone = (value) => value === null || value === undefined || value === "";
        return gone(one) || gone(other) ? gone(one) - gone(other) : down * compare(one, other);
      })
      .map(([, row]) => row);
  }
  let shown = Math.min(onPaper ? 60 : page, sorted.length);
  const body = h("tbody");
  const foot = h("p", { class: "table-foot" });
  const line = (row) =>
    h(
      "tr",
      { class: row.rowClass },
      columns.map((one, place) =>
        h(
          place === 0 ? "th" : "td",
          { scope: place === 0 ? "row" : null, class: `p${one.at || 1}${one.num ? " num" : ""}` },
          one.cell ? one.cell(row) : (one.get(row) ?? h("span", { class: "unknown" }, "unknown")),
        ),
      ),
    );
  function more(count) {
    const until = Math.min(sorted.length, shown + count);
    for (let place = shown; place < until; place++) body.append(line(sorted[place]));
    shown = until;
    told();
  }
  function told() {
    foot.replaceChildren();
    if (sorted.length <= page) return;
    foot.append(`${number(shown)} of ${number(sorted.length)} rows. `);
    if (shown < sorted.length) {
      foot.append(
        h("button", { type: "button", class: "quiet", onclick: () => more(PAGE) }, `Show ${PAGE} more`),
        " ",
        h("button", { type: "button", class: "quiet", onclick: () => more(Infinity) }, "Show all"),
      );
    }
  }
  const head = h(
    "tr",
    {},
    columns.map((one) => {
      const isOn = one.name === name;
      const next =
        isOn && direction !== "down" ? `${one.name}.down` : !isOn && one.num ? `${one.name}.down` : one.name;
      return h(
        "th",
        {
          scope: "col",
          class: `p${one.at || 1}${one.num ? " num" : ""}`,
          "aria-sort": isOn ? (direction === "down" ? "descending" : "ascending") : null,
        },
        one.get
          ? h(
              "a",
              {
                class: "sorter",
                href: address({ [`sort_${id}`]: next, item: null }),
                "data-keep": "1",
                "data-tip": "sort",
              },
              one.title,
              h(
                "span",
                { class: "arrow", "aria-hidden": "true" },
                isOn ? (direction === "down" ? "↓" : "↑") : "",
              ),
            )
          : one.title,
      );
    }),
  );
  box.append(
    h("table", {}, h("caption", { class: caption ? "" : "sr" }, caption || id), h("thead", {}, head), body),
    foot,
  );
  for (let place = 0; place < shown; place++) body.append(line(sorted[place]));
  told();
  return box;
}

// Columns that many tables share.
const COLUMN = {
  item: {
    name: "item",
    title: "Item",
    get: (one) => one.key,
    cell: (one) =>
      h(
        "span",
        { class: "item-cell" },
        keyLink(one),
        said(one.title, { class: "title" }),
        h("span", { class: "sub" }, kindWord(one), one.done ? " · done" : ""),
      ),
  },
  project: {
    name: "project",
    title: D.hasTree ? "Project" : "Plan",
    at: 3,
    get: (one) => nodeName(unitOf(one)),
    cell: (one) => said(nodeName(unitOf(one))),
  },
  owner: {
    name: "owner",
    title: "Owner",
    at: 2,
    get: (one) => (one.owner_problem ? "" : one.owner),
    cell: owner,
  },
  due: {
    name: "due",
    title: "Due",
    at: 2,
    get: (one) => one.due,
    cell: (one) =>
      h(
        "span",
        {
          class: one.overdue_wd ? "bad nowrap" : "nowrap",
          "data-tip": one.due_source ? `from: ${one.due_source}` : null,
        },
        shortDay(one.due),
      ),
  },
  commitment: {
    name: "commitment",
    title: "Promised",
    at: 2,
    get: (one) => one.commitment,
    cell: (one) => h("span", { class: "nowrap" }, shortDay(one.commitment ?? one.baseline_finish)),
  },
  forecast: { name: "forecast", title: "Forecast", at: 3, get: (one) => one.p50, cell: forecast },
  slip: { name: "slip", title: "Slip", num: true, get: (one) => one.slip_wd, cell: slipCell },
  health: {
    name: "health",
    title: "Health",
    at: 1,
    get: (one) => COLOURS.indexOf(one.health || "grey"),
    cell: (one) => health(one.health),
  },
  findings: {
    name: "findings",
    title: "Findings",
    at: 3,
    num: true,
    get: (one) => one.found.length,
    cell: (one) => number(one.found.length),
  },
};
