// Slips: what is later than promised and why, how milestones drift, how often dates were moved.
function trendChart(trends) {
  const wide = width(1400),
    high = Math.min(480, Math.max(320, wide * 0.42));
  const phone = wide < 560;
  const left = 64,
    right = phone ? 70 : Math.min(330, wide * 0.26),
    bottom = 34,
    top = 12;
  const points = trends.flatMap((one) => one.points);
  const firstX = Math.min(...points.map(([day]) => day)),
    lastX = D.today;
  const lows = [
    ...points.map(([, said]) => said),
    ...trends.map((one) => one.forecast).filter((day) => day !== null),
  ];
  const lowY = Math.min(D.today - 7, ...lows),
    highY = Math.max(D.today + 30, ...lows) + 7;
  const x = linear(firstX, lastX, left, wide - right),
    y = linear(lowY, highY, high - bottom, top);
  const back = [];
  monthTicks(lowY, highY, (high - 40) / 30).forEach((tick, place) =>
    back.push(
      s("line", { class: "grid", x1: left, x2: wide - right, y1: y(tick.day), y2: y(tick.day) }),
      label(left - 8, y(tick.day) + 4, `${tick.text} ${String(tick.year).slice(2)}`, {
        class: "tick",
        "text-anchor": "end",
      }),
    ),
  );
  monthTicks(firstX, lastX, (wide - left - right) / 64).forEach((tick, place) =>
    back.push(
      label(x(tick.day), high - 12, monthLabel(tick, place), { class: "tick", "text-anchor": "middle" }),
      s("line", { class: "grid faint", x1: x(tick.day), x2: x(tick.day), y1: top, y2: high - bottom }),
    ),
  );
  const from = Math.max(firstX, lowY),
    until = Math.min(lastX, highY);
  if (until > from)
    back.push(
      s("line", {
        class: "diagonal",
        x1: x(from),
        y1: y(from),
        x2: x(until),
        y2: y(until),
        "data-tip": "a date that is reached",
      }),
    );
  // Names at the right end keep their distance, in the order of their dates.
  const ends = trends
    .map((one, place) => ({ one, place, y: y(one.forecast ?? one.points.at(-1)[1]) }))
    .sort((a, b) => a.y - b.y);
  ends.forEach((end, place) => {
    if (place) end.y = Math.max(end.y, ends[place - 1].y + 15);
  });
  const over = (ends.at(-1)?.y ?? 0) - (high - bottom);
  if (over > 0) {
    ends.forEach((end) => (end.y -= over));
    for (let k = ends.length - 2; k >= 0; k--) ends[k].y = Math.min(ends[k].y, ends[k + 1].y - 15);
  }
  const lines = ends.map(({ one, y: at }) => {
    const item = ITEMS[one.item];
    const tone = one.moved > 5 ? "t-bad" : one.moved > 0 ? "t-warn" : one.moved < 0 ? "t-good" : "t-flat";
    let path = "";
    one.points.forEach(
      ([day, said], place) => (path += place ? `H${x(day)}V${y(said)}` : `M${x(day)} ${y(said)}`),
    );
    return s(
      "g",
      {
        class: `trend ${tone}`,
        "data-item": item.id,
        "data-tip": `${item.key} ${clip(item.title, 80)}\nfirst said ${fullDay(one.points[0][1])}, now ${fullDay(one.points.at(-1)[1])}${one.forecast === null ? "" : `, forecast ${fullDay(one.forecast)}`}\nmoved ${one.moves} times, ${slipText(one.moved)}`,
      },
      s("path", { class: "hit", d: path }),
      s("path", { d: path }),
      one.points.slice(0, -1).map(([day, said]) => s("circle", { cx: x(day), cy: y(said), r: 2.4 })),
      s("circle", { class: "end", cx: x(one.points.at(-1)[0]), cy: y(one.points.at(-1)[1]), r: 4 }),
      one.forecast === null
        ? null
        : [
            s("line", {
              class: "to-forecast",
              x1: x(lastX),
              x2: x(lastX) + 9,
              y1: y(one.points.at(-1)[1]),
              y2: y(one.forecast),
            }),
            s("path", {
              class: "forecast",
              d: `M${x(lastX) + 9} ${y(one.forecast) - 4.5}l4.5 4.5-4.5 4.5-4.5-4.5z`,
            }),
          ],
      s("path", {
        class: "leader",
        d: `M${x(lastX) + 14} ${y(one.forecast ?? one.points.at(-1)[1])}L${wide - right + 24} ${at}`,
      }),
      label(
        wide - right + 27,
        at + 4,
        clip(`${item.key}${phone ? "" : " " + item.title}`, phone ? 9 : Math.floor((right - 30) / 6.6)),
        { class: "name" },
      ),
    );
  });
  return chart(
    wide,
    high,
    `Milestone trend chart: what was said of ${trends.length} dates, over time. A rising line slips.`,
    back,
    lines,
  );
}
function chainRow([place, chain, cause]) {
  const one = ITEMS[place];
  const steps = [one, ...chain.map((each) => ITEMS[each])];
  return h(
    "li",
    { class: "chain" },
    steps.map((step, k) => [
      k
        ? h(
            "span",
            { class: "waits" },
            h("span", { class: "sr" }, " waits for "),
            h("span", { "aria-hidden": "true" }, "←"),
          )
        : null,
      h(
        "a",
        {
          class: `link-box ${step.done ? "is-done" : step.slip_wd > 0 || step.overdue_wd > 0 ? "is-late" : ""}`,
          href: itemAddress(step),
        },
        said(step.key, { class: "key" }),
        h("span", { class: "title" }, said(clip(step.title, 52))),
        h(
          "span",
          { class: "sub" },
          step.done
            ? "done"
            : step === one
              ? `forecast ${shortDay(step.p50 ?? step.due)} · ${slipText(step.slip_wd)}`
              : `due ${shortDay(step.due)} · ${slipText(step.slip_wd)}`,
        ),
      ),
    ]),
  );
}
function churnChart(items) {
  const wide = half(900),
    line = 26,
    left = wide < 560 ? 92 : 230;
  const days = items
    .flatMap((one) => [one.first_commitment, one.commitment, one.due, one.p50])
    .filter((day) => day !== null);
  const low = Math.min(...days) - 5,
    highDay = Math.max(...days) + 5;
  const x = linear(low, highDay, left, wide - 60),
    high = items.length * line + 30;
  return chart(
    wide,
    high,
    "Dates that were moved most often: first promise, and where it stands now.",
    monthTicks(low, highDay, (wide - left) / 70).map((tick, k) => [
      s("line", { class: "grid", x1: x(tick.day), x2: x(tick.day), y1: 4, y2: high - 22 }),
      label(x(tick.day), high - 6, monthLabel(tick, k), { class: "tick", "text-anchor": "middle" }),
    ]),
    s("line", { class: "today", x1: x(D.today), x2: x(D.today), y1: 4, y2: high - 22 }),
    items.map((one, k) => {
      const y = 16 + k * line,
        now = one.due ?? one.p50,
        first = one.first_commitment ?? one.commitment;
      return s(
        "g",
        {
          class: "entry",
          "data-item": one.id,
          "data-tip": `${one.key} ${clip(one.title, 80)}\nfirst promised ${fullDay(first)}, now ${fullDay(now)}\npushed ${one.push_count} times, ${number(one.pushed_wd)} working days in all`,
        },
        label(left - 10, y + 4, clip(`${one.key} ${one.title}`, wide < 560 ? 11 : 33), {
          class: "name",
          "text-anchor": "end",
        }),
        first !== null && now !== null
          ? s("line", { class: now > first ? "m-slip" : "m-gain", x1: x(first), x2: x(now), y1: y, y2: y })
          : null,
        first !== null ? s("circle", { class: "m-promised", cx: x(first), cy: y, r: 5 }) : null,
        now !== null
          ? s("circle", { class: now > first ? "m-late" : "m-mile", cx: x(now), cy: y, r: 5.5 })
          : null,
        label(wide - 52, y + 4, `${one.push_count}×`, { class: "value" }),
      );
    }),
  );
}

VIEWS.slips = {
  title: "Slips",
  count: () => D.slips.rows.length,
  draw(main) {
    const keep = sought();
    const shows = {
      overdue: (one) => one.overdue_wd > 0,
      slipping: (one) => one.slip_wd > 0,
      pushed: (one) => one.push_count > 1,
    };
    const every = D.slips.rows.filter(([place]) => keep(ITEMS[place]));
    const rows = every.filter(([place]) => !shows[state.show] || shows[state.show](ITEMS[place]));
    const counted = (name) => every.filter(([place]) => shows[name](ITEMS[place])).length;
    // As on the overview: what has nothing below it. Epics and summaries that slip with it are in the rows below.
    const work = (name) =>
      pieces(every.map(([place]) => ITEMS[place]).filter((one) => one.work && shows[name](one)));
    const trends = D.slips.trends.filter((one) => keep(ITEMS[one.item]));
    const moving = trends.filter((one) => one.moved !== 0 || one.moves);
    const shown = (moving.length ? moving : trends).slice(0, 12);
    const chains = rows.filter(([, chain]) => chain.length).slice(0, 8);
    const churn = [...OPEN]
      .filter((one) => one.push_count > 0 && keep(one))
      .sort((a, b) => b.push_count - a.push_count || (b.pushed_wd ?? 0) - (a.pushed_wd ?? 0))
      .slice(0, 15);
    // Twins count once, by the side that slips more.
    const open = OPEN.filter((one) => one.work && keep(one));
    const slip = new Map();
    for (const one of open) {
      if (one.slip_wd === null) continue;
      const piece = one.piece ?? one.place;
      slip.set(piece, Math.max(slip.get(piece) ?? one.slip_wd, one.slip_wd));
    }
    const bins = D.slips.histogram.map(([name]) => name);
    const bounds = [
      [-1e9, -1],
      [0, 0],
      [1, 2],
      [3, 5],
      [6, 10],
      [11, 20],
      [21, 1e9],
    ];
    const counts = bounds.map(
      ([low, high]) => [...slip.values()].filter((wd) => wd >= low && wd <= high).length,
    );
    const unknown = pieces(open) - slip.size;
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        rows.length
          ? `${plural(work("slipping"), "open item")} will be later than promised; ${number(work("overdue"))} ${work("overdue") === 1 ? "is" : "are"} past ${work("overdue") === 1 ? "its" : "their"} date today.`
          : "Nothing is known to slip.",
      ),
      section(
        "Milestone trend",
        "Each line is one milestone or epic: what its date was said to be, and when. Level is stable, rising slips, falling recovers; at the dashed line it is reached. The diamond at the end is the forecast, where it differs.",
        shown.length
          ? [
              trendChart(shown),
              trends.length > shown.length
                ? h(
                    "p",
                    { class: "table-foot" },
                    `The ${shown.length} that moved furthest, of ${trends.length} whose history is known.`,
                  )
                : null,
            ]
          : nothing("No milestone has a history yet: dates are remembered from the first run on."),
      ),
      h(
        "div",
        { class: "two" },
        section(
          "How much",
          `Open work by its slip in working days. Of ${number(unknown)} more it is unknown, because nobody promised a date or none is forecast: that is not on time.`,
          columnsChart({
            wide: half(700),
            high: 220,
            bins,
            name: "Open work by slip in working days",
            series: [
              { name: "items", class: "b-plain", values: [counts[0], counts[1], 0, 0, 0, 0, 0] },
              { name: "items", class: "b-amber", values: [0, 0, counts[2], counts[3], 0, 0, 0] },
              { name: "items", class: "b-red", values: [0, 0, 0, 0, counts[4], counts[5], counts[6]] },
            ],
          }),
        ),
        churn.length
          ? section(
              "Dates that keep moving",
              "Open dots: first promised. Filled: where the date stands now. A date that was pushed once is often pushed again.",
              churnChart(churn.slice(0, 10)),
            )
          : null,
      ),
      chains.length
        ? section(
            "Why: driver chains",
            "What each late item waits for, and what that waits for. The first cause stands at the end.",
            h("ol", { class: "chains" }, chains.map(chainRow)),
          )
        : null,
      section(
        "What slips",
        null,
        chips(
          "show",
          [
            ["slipping", "Forecast late", counted("slipping")],
            ["overdue", "Past its date", counted("overdue")],
            ["pushed", "Pushed more than once", counted("pushed")],
          ],
          "Which",
        ),
        table({
          id: "slips",
          rows: rows.map(([place, chain, cause]) => Object.assign(ITEMS[place], { cause, chain })),
          empty: "Nothing of this kind.",
          columns: [
            COLUMN.item,
            COLUMN.project,
            COLUMN.owner,
            COLUMN.commitment,
            COLUMN.due,
            COLUMN.forecast,
            COLUMN.slip,
            {
              name: "overdue",
              title: "Overdue",
              at: 3,
              num: true,
              get: (one) => one.overdue_wd,
              cell: (one) =>
                one.overdue_wd
                  ? h("span", { class: "bad" }, `${number(one.overdue_wd)} wd`)
                  : one.overdue_wd === 0
                    ? ""
                    : h("span", { class: "unknown" }, "no date"),
            },
            {
              name: "pushes",
              title: "Pushes",
              at: 3,
              num: true,
              get: (one) => one.push_count,
              cell: (one) => (one.push_count ? `${one.push_count}×` : ""),
            },
            {
              name: "cause",
              title: "Why",
              at: 3,
              get: (one) => one.cause,
              cell: (one) => said(capital(one.cause)),
            },
          ],
        }),
      ),
    );
  },
};
