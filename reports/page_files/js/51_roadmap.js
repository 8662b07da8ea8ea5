// Roadmap: one line per deliverable, grouped by project; promise, baseline, forecast and what waits for what.
let ROW = 30;
const ZOOMS = { "3m": 92, "6m": 183, "1y": 365, all: 0 };

function roadmapGroups() {
  const keep = sought();
  const groups = new Map(UNITS.map((node) => [node.slug, []]));
  for (const [place, also, frozen] of D.roadmap.entries) {
    const one = ITEMS[place];
    if (!one || !keep(one)) continue;
    if (state.kind && state.kind !== (one.milestone ? "milestone" : one.kind)) continue;
    if (state.show === "slipping" && !(one.slip_wd > 0 || one.overdue_wd > 0)) continue;
    const slug = unitOf(one);
    if (!groups.has(slug)) groups.set(slug, []);
    groups.get(slug).push({ one, also, frozen });
  }
  return [...groups].filter(([slug, list]) => list.length && inScope(slug));
}

function marks(entry, x, y, mid) {
  const { one, also, frozen } = entry;
  const tip = [
    `${one.key} ${clip(one.title, 90)}`,
    also.length ? `also ${also.join(", ")}` : null,
    `promised ${fullDay(one.commitment ?? one.baseline_finish)}${one.first_commitment !== null && one.first_commitment !== one.commitment ? `, at first ${fullDay(one.first_commitment)}` : ""}`,
    one.done
      ? `finished ${fullDay(one.actual_finish)}`
      : `due ${fullDay(one.due)} · forecast ${one.p50 === null ? "unknown" : fullDay(one.p50)}${one.p80 === null ? "" : " to " + fullDay(one.p80)}`,
    one.done ? null : `slip ${slipText(one.slip_wd)}`,
    frozen.length ? `falls into: ${frozen.join(", ")}` : null,
  ]
    .filter(Boolean)
    .join("\n");
  const group = s("g", { class: "entry", "data-tip": tip, "data-item": one.id });
  const promise = one.commitment ?? one.baseline_finish;
  const late = one.slip_wd > 0 || one.overdue_wd > 0;
  const end = one.finish;
  if (one.baseline_start !== null && one.baseline_finish !== null && !one.milestone) {
    group.append(
      s("rect", {
        class: "m-base",
        x: x(one.baseline_start),
        y: y + ROW - 8,
        height: 3,
        width: Math.max(2, x(one.baseline_finish) - x(one.baseline_start)),
      }),
    );
  }
  if (one.milestone) {
    const diamond = (day, name) => s("path", { class: name, d: `M${x(day)} ${mid - 7}l7 7-7 7-7-7z` });
    if (promise !== null && end !== null && promise !== end) {
      group.append(
        s("line", { class: late ? "m-slip" : "m-gain", x1: x(promise), x2: x(end), y1: mid, y2: mid }),
        diamond(promise, "m-promised"),
      );
    }
    if (end !== null) group.append(diamond(end, one.done ? "m-done" : late ? "m-late" : "m-mile"));
  } else {
    const begin = one.actual_start ?? one.start ?? one.baseline_start;
    const from = begin ?? (end === null ? null : end - 10);
    const due = one.done ? (one.actual_finish ?? one.due) : (one.due ?? end);
    if (from !== null && due !== null) {
      group.append(
        s("rect", {
          class: `m-bar ${one.done ? "m-bar-done" : ""}${begin === null ? " m-open" : ""}`,
          x: x(Math.min(from, due)),
          y: mid - 6,
          height: 12,
          rx: 3,
          width: Math.max(3, x(due) - x(Math.min(from, due))),
        }),
      );
      if (!one.done && one.percent > 0)
        group.append(
          s("rect", {
            class: "m-progress",
            x: x(Math.min(from, due)),
            y: mid - 6,
            height: 12,
            rx: 3,
            width: Math.max(2, ((x(due) - x(Math.min(from, due))) * one.percent) / 100),
          }),
        );
    }
    if (!one.done && one.p50 !== null) {
      const last = one.p80 ?? one.p50;
      group.append(
        s("rect", {
          class: late ? "m-fore-late" : "m-fore",
          x: x(one.p50) - 1.5,
          y: mid - 9,
          height: 18,
          rx: 2,
          width: Math.max(3, x(last) - x(one.p50) + 3),
        }),
      );
      if (late && promise !== null && one.p50 > promise)
        group.append(s("line", { class: "m-slip", x1: x(promise), x2: x(one.p50), y1: mid, y2: mid }));
    }
    if (promise !== null)
      group.append(
        s("path", {
          class: "m-flag",
          d: `M${x(promise)} ${mid - 11}v22M${x(promise)} ${mid - 11}l7 3.5-7 3.5`,
        }),
      );
  }
  if (frozen.length) group.append(s("circle", { class: "m-frozen", cx: x(end), cy: mid, r: 12 }));
  return group;
}

function timeline(groups) {
  ROW = onPaper ? 18 : 30;
  const phone = width() < 560;
  const side = phone ? 132 : 300;
  const wideBox = width(1800) - side;
  const zoom = ZOOMS[state.zoom ?? "1y"] ?? 365;
  let first = D.roadmap.first,
    last = D.roadmap.last;
  if (zoom) {
    first = D.today - Math.round(zoom * 0.25);
    last = D.today + Math.round(zoom * 0.75);
  }
  const wide = Math.max(wideBox, phone ? 520 : 480);
  const x = linear(first, last, 10, wide - 12);
  const opened = new Set((state.open || "").split(",").filter(Boolean));
  const count = groups.reduce((sum, [, list]) => sum + list.length, 0);
  // At first the worst group is open, so that one sees what a line looks like; a short roadmap is open as a whole.
  const worst = state.open === undefined && groups.find(([slug]) => NODES.get(slug)?.health === "red")?.[0];
  const isOpenGroup = (slug) =>
    state.expand === "all" ||
    (state.expand !== "none" && (opened.has(slug) || slug === worst || count <= 34));
  const HEAD = 46;
  const names = [],
    layers = [],
    place = new Map();
  let y = HEAD;
  for (const [slug, list] of groups) {
    const node = NODES.get(slug);
    const open = isOpenGroup(slug);
    const now = new Set([...opened, ...(worst ? [worst] : [])]);
    if (open) now.delete(slug);
    else now.add(slug);
    const toggled = now.size ? [...now] : ["-"];
    names.push(
      h(
        "div",
        { class: "road-name road-group", css: { top: `${y}px`, height: `${ROW}px` } },
        h(
          "a",
          {
            class: "fold",
            href: address({ open: toggled.join(","), expand: null, item: null }),
            "data-keep": "1",
            "aria-expanded": String(open),
            
          },
          h("span", { class: `twist ${open ? "is-open" : ""}`, "aria-hidden": "true" }, "›"),
          node ? icon(node.health) : null,
          said(nodeName(slug)),
          h("span", { class: "of-all" }, ` ${list.length}`),
        ),
      ),
    );
    layers.push(s("rect", { class: "lane", x: 0, width: wide, y, height: ROW }));
    const mid = y + ROW / 2;
    if (!open) {
      const begin = node?.start ?? null,
        end = node?.p80 ?? node?.p50 ?? node?.commitment ?? null;
      if (begin !== null && end !== null)
        layers.push(
          s("rect", {
            class: "m-span",
            x: x(begin),
            width: Math.max(2, x(end) - x(begin)),
            y: mid - 2,
            height: 4,
            rx: 2,
          }),
        );
      for (const entry of list) if (entry.one.milestone) layers.push(marks(entry, x, y, mid));
      for (const entry of list)
        place.set(entry.one.id, { y: mid, day: entry.one.finish, shown: entry.one.milestone });
      y += ROW;
      continue;
    }
    y += ROW;
    for (const entry of list) {
      const one = entry.one;
      names.push(
        h(
          "div",
          { class: "road-name", css: { top: `${y}px`, height: `${ROW}px` } },
          h(
            "a",
            { href: itemAddress(one) },
            icon(one.done ? "green" : one.health || "grey"),
            said(one.key, { class: "key" }),
            " ",
            said(one.title, { class: "title" }),
          ),
        ),
      );
      layers.push(s("line", { class: "rowline", x1: 0, x2: wide, y1: y + ROW, y2: y + ROW }));
      layers.push(marks(entry, x, y, y + ROW / 2));
      place.set(one.id, { y: y + ROW / 2, day: one.finish, shown: true });
      y += ROW;
    }
  }
  const high = y + 10;
  const back = [],
    front = [];
  for (const [from, until, name, slug] of D.roadmap.freezes) {
    if (until < first || from > last || !(slug === null || inScope(slug) || !state.project)) continue;
    back.push(
      s("rect", {
        class: "freeze",
        x: x(from),
        width: Math.max(3, x(until + 1) - x(from)),
        y: HEAD - 6,
        height: high - HEAD,
        "data-tip": `${name}\n${fullDay(from)} to ${fullDay(until)}`,
      }),
      label(x(from) + 4, HEAD - 10, clip(name, 26), { class: "freeze-name" }),
    );
  }
  monthTicks(first, last, wide / 62).forEach((tick, index) => {
    back.push(
      s("line", {
        class: tick.isYear ? "grid year" : "grid",
        x1: x(tick.day),
        x2: x(tick.day),
        y1: 20,
        y2: high,
      }),
    );
    back.push(label(x(tick.day) + 3, 14, monthLabel(tick, index), { class: "tick" }));
  });
  const next = Math.min(...D.roadmap.meetings.map(([day]) => day).filter((day) => day >= D.today));
  for (const [day, name] of D.roadmap.meetings) {
    if (day < first || day > last) continue;
    back.push(
      s("path", {
        class: "meeting",
        d: `M${x(day) - 5} 20h10l-5 8z`,
        "data-tip": `${name}\n${fullDay(day)}`,
      }),
      day === next ? s("line", { class: "meeting-line", x1: x(day), x2: x(day), y1: 28, y2: high }) : "",
    );
  }
  if (D.today >= first && D.today <= last) {
    front.push(
      s("line", { class: "today", x1: x(D.today), x2: x(D.today), y1: 20, y2: high }),
      label(x(D.today) - 4, 40, "today", { class: "today-name", "text-anchor": "end" }),
    );
  }
  const arrows = [];
  for (const [a, b, crosses, late] of D.roadmap.links) {
    const from = place.get(ITEMS[a]?.id),
      until = place.get(ITEMS[b]?.id);
    if (
      !from ||
      !until ||
      from.day === null ||
      until.day === null ||
      from.y === until.y ||
      !(from.shown || until.shown)
    )
      continue;
    const start = ITEMS[b].actual_start ?? ITEMS[b].start ?? until.day;
    const x1 = x(from.day),
      x2 = x(ITEMS[b].milestone ? until.day : start),
      bend = Math.max(18, Math.abs(x2 - x1) * 0.3);
    arrows.push(
      s("path", {
        class: `link ${late ? "link-late" : ""}${crosses ? " link-cross" : ""}`,
        "marker-end": "url(#head)",
        "data-tip": `${ITEMS[b].key} waits for ${ITEMS[a].key}${crosses ? ", in another tracker" : ""}${late ? "\nit cannot start as planned" : ""}`,
        d: `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${until.y} ${x2 - 3} ${until.y}`,
      }),
    );
  }
  const svg = chart(
    wide,
    high,
    `Timeline of ${count} deliverables in ${groups.length} groups; the list beside it and the table below have the same dates.`,
    s(
      "defs",
      {},
      s(
        "marker",
        { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
        s("path", { d: "M0 0L8 4L0 8z", class: "link-head" }),
      ),
      s(
        "pattern",
        { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        s("line", { x1: 0, x2: 0, y1: 0, y2: 6, class: "hatch" }),
      ),
    ),
    back,
    layers,
    front,
    arrows,
  );
  return h(
    "div",
    { class: "road", css: { height: `${high}px` } },
    h("div", { class: "road-names", css: { width: `${side}px` } }, names),
    h(
      "div",
      { class: "road-chart", tabindex: "0", role: "region", "aria-label": "Timeline, scrolls sideways" },
      svg,
    ),
  );
}

VIEWS.roadmap = {
  title: "Roadmap",
  draw(main) {
    const groups = roadmapGroups();
    const list = groups.flatMap(([, some]) => some.map((entry) => entry.one));
    const late = list.filter((one) => !one.done && (one.slip_wd > 0 || one.overdue_wd > 0)).length;
    const crossing = D.roadmap.links.filter(([, , crosses]) => crosses).length;
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        `${plural(list.filter((one) => !one.done).length, "deliverable")} ahead, ${late} later than promised.`,
      ),
      section(
        "Timeline",
        `Promise, baseline and forecast of each deliverable. ${plural(D.roadmap.links.length, "dependency", "dependencies")} between projects are drawn, ${crossing} of them from one tracker to another.`,
        h(
          "div",
          { class: "controls" },
          chips(
            "zoom",
            Object.keys(ZOOMS).map((name) => [
              name,
              { "3m": "3 months", "6m": "6 months", "1y": "1 year", all: "Everything" }[name],
            ]),
            "How much time",
          ),
          chips("show", [["slipping", "Only what slips"]], "Which"),
          chips(
            "expand",
            [
              ["all", "Open all"],
              ["none", "Close all"],
            ],
            "Groups",
          ),
        ),
        groups.length ? timeline(groups) : nothing("Nothing with a date matches."),
        legend(
          [swatch("k-bar"), "planned, with progress"],
          [swatch("k-flag"), "promised"],
          [swatch("k-base"), "baseline"],
          [swatch("k-fore"), "forecast, 50 to 80 %"],
          [swatch("k-late"), "forecast later than promised"],
          [swatch("k-mile"), "milestone"],
          [swatch("k-promised"), "where it was promised"],
          [swatch("k-freeze"), "freeze"],
          [swatch("k-meeting"), "committee"],
          [swatch("k-link"), "waits for"],
        ),
      ),
      section(
        "Deliverables",
        "The rows behind the picture, without what is finished.",
        table({
          id: "roadmap",
          rows: list.filter((one) => state.show === "done" || !one.done),
          sort: "due",
          columns: [
            COLUMN.item,
            COLUMN.project,
            COLUMN.health,
            COLUMN.commitment,
            COLUMN.due,
            COLUMN.forecast,
            COLUMN.slip,
            COLUMN.owner,
          ],
        }),
      ),
    );
  },
};
