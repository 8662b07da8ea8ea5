// Dependencies over time: one lane per project, each item at its date. What does not fit is drawn on top, the
// rest stays faint; choosing an item shows only its own chain. So the picture can be read with 300 of them.
const EDGES = D.dependencies.edges.map(
  ([from, until, finish, start, type, lag, overlap, source, project, cycle, status]) => ({
    a: from === null ? null : ITEMS[from],
    b: until === null ? null : ITEMS[until],
    finish,
    start,
    type,
    lag,
    overlap,
    source,
    project,
    cycle,
    status,
  }),
);
const STATUS = {
  late: "does not fit",
  undated: "a date is missing",
  fine: "fits",
  met: "predecessor is done",
};
const dayFor = (edge, one) =>
  one === edge.a ? (edge.finish ?? one.finish) : (edge.start ?? one.start ?? one.finish);

function chainOf(focus, edges) {
  const found = new Set();
  for (const [near, far] of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const seen = new Set([focus]),
      queue = [focus];
    while (queue.length) {
      const one = queue.pop();
      for (const edge of edges)
        if (edge[near] === one && edge[far]) {
          found.add(edge);
          if (!seen.has(edge[far])) {
            seen.add(edge[far]);
            queue.push(edge[far]);
          }
        }
    }
  }
  return [...found];
}
const LOUD = 40; // more lines in full than that and none can be followed
function network(edges, focus) {
  const crowded = edges.length > 90 && !focus;
  const loud = new Set(crowded ? edges.slice(0, LOUD) : edges);
  const wide = width(1500),
    side = wide < 560 ? 84 : 170;
  const days = new Map();
  for (const edge of edges)
    for (const one of [edge.a, edge.b])
      if (one && !days.has(one)) {
        const day = one.finish ?? dayFor(edge, one);
        days.set(one, day);
      }
  const lanes = new Map();
  for (const [one, day] of days) {
    const slug = unitOf(one);
    if (!lanes.has(slug)) lanes.set(slug, []);
    lanes.get(slug).push({ one, day });
  }
  const known = [...days.values()].filter((day) => day !== null).sort((a, b) => a - b);
  if (!known.length)
    return nothing(
      "None of these items has a date, so they have no place on a timeline. The table below lists them.",
    );
  // The middle nine tenths of the dates set the frame; what lies outside stands at its edge.
  const low = Math.min(D.today - 20, known[Math.floor(known.length * 0.03)]),
    highDay = Math.max(D.today + 40, known[Math.ceil(known.length * 0.97) - 1]);
  const undated = wide < 560 ? 0 : 70;
  const x = linear(low - 6, highDay + 6, side + 10, wide - undated - 14);
  const at = (day) =>
    day === null ? wide - undated / 2 : Math.max(side + 8, Math.min(wide - undated - 10, x(day)));
  const few = days.size <= 45,
    step = few ? 22 : crowded ? 15 : 13,
    radius = few ? 5.5 : 4.5;
  const place = new Map(),
    back = [],
    names = [];
  let y = 34;
  const order = [...lanes].sort(([one], [other]) => nodeName(one).localeCompare(nodeName(other)));
  for (const [slug, list] of order) {
    list.sort((one, other) => at(one.day) - at(other.day));
    const rows = [];
    for (const entry of list) {
      const here = at(entry.day);
      let row = rows.findIndex((last) => here - last >= (few ? 150 : 14));
      if (row < 0) {
        row = rows.length;
        rows.push(0);
      }
      rows[row] = here;
      place.set(entry.one, { x: here, y: y + 14 + row * step });
    }
    const tall = Math.max(1, rows.length) * step + 16;
    back.push(
      s("rect", { class: "lane", x: 0, y, width: wide, height: tall }),
      s("line", { class: "rowline", x1: 0, x2: wide, y1: y + tall, y2: y + tall }),
    );
    names.push(
      label(10, y + tall / 2 + 4, clip(nodeName(slug), wide < 560 ? 12 : 24), { class: "lane-name" }),
    );
    y += tall;
  }
  const high = y + 8;
  monthTicks(low, highDay, (wide - side) / 80).forEach((tick, k) =>
    back.push(
      s("line", { class: "grid", x1: x(tick.day), x2: x(tick.day), y1: 24, y2: high }),
      label(x(tick.day), 16, monthLabel(tick, k), { class: "tick", "text-anchor": "middle" }),
    ),
  );
  back.push(s("line", { class: "today", x1: at(D.today), x2: at(D.today), y1: 22, y2: high }));
  if (undated && [...days.values()].includes(null))
    back.push(label(wide - undated / 2, 16, "no date", { class: "tick", "text-anchor": "middle" }));
  const rank = { met: 0, fine: 1, undated: 2, late: 3 };
  const paths = [...edges]
    .sort((one, other) => rank[one.status] - rank[other.status])
    .map((edge) => {
      const from = place.get(edge.a),
        until = place.get(edge.b);
      if (!from || !until) return null;
      const bend = from.y === until.y ? Math.max(14, Math.min(60, Math.abs(until.x - from.x) * 0.25)) : 0;
      const reach =
        Math.abs(until.x - from.x) < 40 && Math.abs(until.y - from.y) < 70
          ? 6
          : Math.max(24, Math.abs(until.x - from.x) * 0.4);
      const d = bend
        ? `M${from.x} ${from.y}Q${(from.x + until.x) / 2} ${from.y - bend} ${until.x} ${until.y}`
        : `M${from.x} ${from.y}C${from.x + reach} ${from.y} ${until.x - reach} ${until.y} ${until.x} ${until.y}`;
      return s("path", {
        class: `edge e-${edge.status}${edge.source ? " is-crossing" : ""}${loud.has(edge) ? "" : " is-faint"}`,
        d,
        "data-a": edge.a.place,
        "data-b": edge.b.place,
        "data-tip": `${edge.b.key} waits for ${edge.a.key} (${edge.type})\n${STATUS[edge.status]}${edge.overlap > 0 ? `: ${plural(edge.overlap, "working day")}` : ""}${edge.source ? "\nfrom one tracker to another" : ""}`,
      });
    });
  const dots = [...place].map(([one, spot]) =>
    s(
      "g",
      {
        class: `node${one === focus ? " is-focus" : ""}`,
        "data-item": one.id,
        "data-node": one.place,
        "data-tip": `${one.key} ${clip(one.title, 80)}\n${one.done ? "done" : `expected ${fullDay(one.finish)}`}`,
      },
      s("circle", {
        class: `n-${one.done ? "done" : one.slip_wd > 0 || one.overdue_wd > 0 ? "late" : "open"}`,
        cx: spot.x,
        cy: spot.y,
        r: one === focus ? radius + 3 : radius,
      }),
      few
        ? label(spot.x + radius + 4, spot.y + 4, clip(`${one.key} ${one.title}`, 24), { class: "name" })
        : null,
    ),
  );
  const svg = chart(
    wide,
    high,
    `${edges.length} dependencies between ${days.size} items over time, in ${lanes.size} lanes. The table below lists them.`,
    back,
    s("g", { class: "edges" }, paths),
    dots,
    names,
  );
  svg.classList.add("network");
  svg.addEventListener("pointerover", (event) => {
    const node = event.target.closest("[data-node]")?.getAttribute("data-node");
    svg.classList.toggle("is-choosing", node !== undefined);
    for (const path of svg.querySelectorAll(".edge"))
      path.classList.toggle(
        "is-near",
        node !== undefined && (path.getAttribute("data-a") === node || path.getAttribute("data-b") === node),
      );
  });
  return svg;
}
function betweenMatrix(edges) {
  const counts = new Map();
  for (const edge of edges)
    if (edge.project && edge.a && edge.b) {
      const key = `${unitOf(edge.a)}\n${unitOf(edge.b)}`;
      const one = counts.get(key) || [0, 0];
      one[0]++;
      one[1] += edge.status === "late";
      counts.set(key, one);
    }
  const slugs = [...new Set([...counts.keys()].flatMap((key) => key.split("\n")))].sort((one, other) =>
    nodeName(one).localeCompare(nodeName(other)),
  );
  if (!slugs.length) return nothing("None goes from one project to another.");
  const short = (slug) => clip(nodeName(slug === "null" ? null : slug), 22);
  return h(
    "div",
    { class: "table-box" },
    h(
      "table",
      { class: "between" },
      h("caption", {}, "Rows wait for columns."),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          slugs.map((slug) => h("th", { scope: "col" }, h("span", {}, short(slug)))),
        ),
      ),
      h(
        "tbody",
        {},
        slugs.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, short(row)),
            slugs.map((column) => {
              const found = counts.get(`${column}\n${row}`);
              return h(
                "td",
                { class: row === column ? "self" : found ? (found[1] ? "has-late" : "has") : "" },
                found
                  ? h(
                      "span",
                      {
                        "data-tip": `${short(row)} waits for ${short(column)}\n${plural(found[0], "dependency", "dependencies")}${found[1] ? `, ${found[1]} of them do not fit` : ""}`,
                      },
                      found[0],
                    )
                  : "",
              );
            }),
          ),
        ),
      ),
    ),
  );
}
VIEWS.dependencies = {
  title: "Dependencies",
  count: () => EDGES.filter((edge) => edge.status !== "met").length,
  draw(main) {
    const keep = sought();
    const mine = EDGES.filter((edge) => (edge.a && keep(edge.a)) || (edge.b && keep(edge.b)));
    const focus = state.focus ? BY_ID.get(state.focus) : null;
    const kinds = {
      late: (edge) => edge.status === "late",
      undated: (edge) => edge.status === "undated",
      source: (edge) => edge.source,
      project: (edge) => edge.project,
      cycle: (edge) => edge.cycle,
      open: (edge) => edge.status !== "met",
      all: () => true,
    };
    const chosen = mine.filter(kinds[state.which] || kinds.open);
    const shown = focus ? chainOf(focus, mine) : chosen;
    const count = (name) => mine.filter(kinds[name]).length;
    const late = count("late");
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        mine.length
          ? `${plural(count("open"), "dependency", "dependencies")} still matter; ${late} ${late === 1 ? "does" : "do"} not fit${count("undated") ? `, and of ${count("undated")} nobody can say` : ""}.`
          : "No dependency is known.",
      ),
      section(
        "Over time",
        "Each dot is an item at its expected date, in the lane of its project. Point at one to see what it touches; choose it to see its whole chain.",
        chips(
          "which",
          [
            ["late", "Do not fit", late],
            ["undated", "A date is missing", count("undated")],
            ["project", "Between projects", count("project")],
            ["source", "Between trackers", count("source")],
            ["all", "Also what is met", mine.length],
            ...(count("cycle") ? [["cycle", "In a circle", count("cycle")]] : []),
          ],
          "Which dependencies",
        ),
        focus
          ? h(
              "p",
              { class: "focus" },
              "The chain of ",
              itemLink(focus),
              ". ",
              h("a", { class: "button", href: address({ focus: null, item: null }) }, "Show all again"),
            )
          : null,
        shown.length ? network(shown, focus) : nothing("Nothing of this kind."),
        shown.length > 90 && !focus
          ? h(
              "p",
              { class: "table-foot" },
              `The ${LOUD} that fit worst are drawn in full. The others are faint until you point at one of their ends.`,
            )
          : null,
        legend(
          [swatch("k-edge-late"), "does not fit"],
          [swatch("k-edge-undated"), "a date is missing"],
          [swatch("k-edge"), "fits, or is met"],
          [swatch("k-edge-cross"), "from one tracker to another"],
        ),
      ),
      section(
        "Between projects",
        "What waits for what, where it crosses a border. Red fields have dependencies that do not fit.",
        betweenMatrix(mine),
      ),
      section(
        "Dependencies",
        "The rows behind the picture.",
        table({
          id: "dependencies",
          rows: shown,
          empty: "Nothing of this kind.",
          columns: [
            {
              name: "b",
              title: "Waits",
              get: (edge) => edge.b?.key,
              cell: (edge) =>
                edge.b ? COLUMN.item.cell(edge.b) : h("span", { class: "unknown" }, "out of sight"),
            },
            {
              name: "a",
              title: "For",
              get: (edge) => edge.a?.key,
              cell: (edge) =>
                edge.a ? COLUMN.item.cell(edge.a) : h("span", { class: "unknown" }, "out of sight"),
            },
            {
              name: "status",
              title: "Does it fit?",
              get: (edge) => rankOf(edge),
              cell: (edge) =>
                h(
                  "span",
                  { class: edge.status === "late" ? "bad" : edge.status === "undated" ? "unknown" : "" },
                  capital(STATUS[edge.status]),
                  edge.overlap > 0 && edge.status === "late"
                    ? ` by ${plural(edge.overlap, "working day")}`
                    : "",
                ),
            },
            {
              name: "finish",
              title: "Ends",
              at: 2,
              get: (edge) => edge.finish,
              cell: (edge) => h("span", { class: "nowrap" }, shortDay(edge.finish)),
            },
            {
              name: "start",
              title: "Starts",
              at: 2,
              get: (edge) => edge.start,
              cell: (edge) => h("span", { class: "nowrap" }, shortDay(edge.start)),
            },
            { name: "type", title: "Type", at: 3, get: (edge) => edge.type },
            {
              name: "cross",
              title: "Crosses",
              at: 3,
              get: (edge) => Number(edge.source),
              cell: (edge) => [
                edge.source ? "trackers" : edge.project ? "projects" : "",
                edge.cycle ? h("span", { class: "bad" }, " circle") : null,
              ],
            },
            {
              name: "chain",
              title: "",
              at: 2,
              cell: (edge) =>
                edge.b ? h("a", { href: address({ focus: edge.b.id, item: null }) }, "chain") : "",
            },
          ],
        }),
      ),
    );
  },
};
const rankOf = (edge) => ["late", "undated", "fine", "met"].indexOf(edge.status);
