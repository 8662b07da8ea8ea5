// Metrics: how reliably is delivered, how honest the forecasts were, how quickly problems are settled.
function openChart(days) {
  const wide = half(700),
    high = 210,
    left = 44,
    bottom = 26,
    top = 10;
  const order = [...SEVERITIES].reverse();
  const totals = days.map(([, counts]) => order.reduce((sum, name) => sum + (counts[name] || 0), 0));
  const most = Math.max(1, ...totals),
    steps = niceSteps(most, 4);
  const y = linear(0, Math.max(most, steps.at(-1)), high - bottom, top),
    x = linear(days[0][0], Math.max(days.at(-1)[0], days[0][0] + 1), left, wide - 10);
  const base = days.map(() => 0);
  const areas = order.map((name) => {
    const up = [],
      down = [];
    days.forEach(([day, counts], k) => {
      down.unshift(`L${x(day)} ${y(base[k])}`);
      base[k] += counts[name] || 0;
      up.push(`${k ? "L" : "M"}${x(day)} ${y(base[k])}`);
    });
    return s("path", {
      class: `sv-${name}`,
      d: up.join("") + down.join("") + "Z",
      "data-tip": capital(name),
    });
  });
  const step = Math.max(1, Math.ceil(days.length / 6));
  return chart(
    wide,
    high,
    "Open findings by day and severity",
    steps.map((value) => [
      s("line", { class: "grid", x1: left, x2: wide, y1: y(value), y2: y(value) }),
      label(left - 6, y(value) + 4, number(value), { class: "tick", "text-anchor": "end" }),
    ]),
    areas,
    days.map(([day], k) =>
      k % step === 0
        ? label(x(day), high - 8, shortDay(day), { class: "tick", "text-anchor": k ? "middle" : "start" })
        : null,
    ),
  );
}
VIEWS.metrics = {
  title: "Metrics",
  draw(main) {
    const m = D.metrics;
    const done = m.months.filter((row) => row[1]);
    const ages = [
      [0, 30, "0–30"],
      [30, 60, "30–60"],
      [60, 90, "60–90"],
      [90, 180, "90–180"],
      [180, 365, "180–365"],
      [365, 1e9, "a year +"],
    ];
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        m.onTime === null
          ? "No promised work was finished in the last twelve months, so reliability cannot be measured yet."
          : `${percent(m.onTime)} of the promised work of the last twelve months was finished on time (${number(m.finished)} items).`,
      ),
      state.project
        ? h(
            "p",
            { class: "note" },
            "These figures are of everything the page was made for; the project filter does not divide them. `dovetail report html --portfolio SLUG` makes a page of one project.",
          )
        : null,
      tiles(
        {
          value: percent(m.onTime),
          name: "on time",
          note: m.finished
            ? `of ${number(m.finished)} promised and finished; the promise stays when the date is moved`
            : "nothing to measure",
        },
        {
          value: m.meanSlip === null ? "unknown" : `${m.meanSlip > 0 ? "+" : ""}${number(m.meanSlip).replace("-", "−")} wd`,
          name: "mean slip",
          note: m.medianSlip === null ? null : `median ${number(m.medianSlip)} working days`,
        },
        {
          value: percent(m.p80),
          name: "done by its P80",
          note: m.scored
            ? `${number(m.scored)} forecasts scored; 80 % is perfect`
            : "no forecast has been scored yet",
        },
        { value: percent(m.coverage), name: "owner coverage", note: "committed work and risks" },
        {
          value: m.riskAge === null ? "unknown" : plural(Math.round(m.riskAge), "day"),
          name: "median age of a risk",
          note: plural(m.riskAges.length, "open risk"),
        },
        {
          value: m.resolveDays === null ? "unknown" : plural(Math.round(m.resolveDays * 10) / 10, "day"),
          name: "to resolve a finding",
          note: m.resolved ? `median of ${number(m.resolved)} in 90 days` : "none was resolved in 90 days",
        },
      ),
      section(
        "On time, by month",
        "Promised work by the month in which it was finished. Amber: late against the commitment.",
        done.length
          ? h(
              "div",
              { class: "beside" },
              h(
                "div",
                {},
                columnsChart({
                  wide: half(760),
              high: 330,
                  bins: m.months.map(([day]) => MONTHS[asDate(day).getUTCMonth()]),
                  name: "Finished work by month, on time and late",
                  series: [
                    { name: "on time", class: "b-strong", values: m.months.map((row) => row[2]) },
                    { name: "late", class: "b-amber", values: m.months.map((row) => row[1] - row[2]) },
                  ],
                }),
                legend([swatch("k-strong"), "on time"], [swatch("k-amber"), "late"]),
              ),
              table({
                id: "months",
                rows: m.months.filter((row) => row[1]),
                columns: [
                  {
                    name: "month",
                    title: "Month",
                    get: (row) => row[0],
                    cell: (row) =>
                      `${MONTHS[asDate(row[0]).getUTCMonth()]} ${asDate(row[0]).getUTCFullYear()}`,
                  },
                  { name: "done", title: "Finished", num: true, get: (row) => row[1] },
                  { name: "ontime", title: "On time", num: true, get: (row) => row[2] },
                  {
                    name: "share",
                    title: "Share",
                    num: true,
                    get: (row) => row[2] / row[1],
                    cell: (row) => percent(row[2] / row[1]),
                  },
                ],
              }),
            )
          : nothing("Nothing that was promised was finished in the last twelve months."),
      ),
      section(
        "Forecast calibration",
        "How often work was done by its P50 and its P80. At the marks, 50 % and 80 %, a forecast says what it means; far to the right it is too careful, to the left too hopeful. With few cases it says little.",
        m.calibration.length
          ? h(
              "div",
              { class: "beside" },
              calibrationChart(m.calibration),
              table({
                id: "calibration",
                rows: m.calibration,
                columns: [
                  { name: "class", title: "Class", get: (row) => row[0] },
                  { name: "n", title: "Cases", num: true, get: (row) => row[1] },
                  {
                    name: "p50",
                    title: "Done by P50",
                    num: true,
                    get: (row) => row[2],
                    cell: (row) => percent(row[2]),
                  },
                  {
                    name: "p80",
                    title: "Done by P80",
                    num: true,
                    get: (row) => row[3],
                    cell: (row) => percent(row[3]),
                  },
                  {
                    name: "brier",
                    title: "Brier",
                    num: true,
                    at: 2,
                    get: (row) => row[4],
                    cell: (row) => (row[4] === null ? "unknown" : row[4].toFixed(3)),
                  },
                  {
                    name: "pinball",
                    title: "Cost of P80, days",
                    num: true,
                    at: 2,
                    get: (row) => row[5],
                    cell: (row) => number(row[5]),
                  },
                ],
              }),
            )
          : nothing("No forecast has come true or failed yet."),
      ),
      h(
        "div",
        { class: "two" },
        section(
          "Open findings",
          "How many were open each day, by severity.",
          m.open.length > 1
            ? [openChart(m.open), legend(...SEVERITIES.map((name) => [swatch(`sv-${name}`), capital(name)]))]
            : nothing("There is only one day to look at yet."),
        ),
        section(
          "Age of open risks",
          "Days since each was recorded.",
          m.riskAges.length
            ? columnsChart({
                wide: half(700),
                high: 210,
                bins: ages.map(([, , name]) => name),
                name: "Open risks by age in days",
                series: [
                  {
                    name: "risks",
                    class: "b-plain",
                    values: ages.map(
                      ([low, until]) => m.riskAges.filter((age) => age >= low && age < until).length,
                    ),
                  },
                ],
              })
            : nothing("No open risk tells when it was recorded."),
        ),
      ),
      section(
        "Time to resolve",
        "Findings of the last 90 days, and what is still open.",
        table({
          id: "resolve",
          rows: SEVERITIES.map((name) => [name, ...m.severities[name]]),
          columns: [
            {
              name: "severity",
              title: "Severity",
              get: (row) => severityRank(row[0]),
              cell: (row) => severity(row[0]),
            },
            { name: "resolved", title: "Resolved", num: true, get: (row) => row[1] },
            {
              name: "days",
              title: "Median days",
              num: true,
              get: (row) => row[2],
              cell: (row) => (row[2] === null ? "–" : number(row[2])),
            },
            { name: "open", title: "Open", num: true, get: (row) => row[3] },
            {
              name: "age",
              title: "Median age, days",
              num: true,
              at: 2,
              get: (row) => row[4],
              cell: (row) => (row[4] === null ? "–" : number(row[4])),
            },
          ],
        }),
      ),
    );
  },
};
function calibrationChart(rows) {
  const wide = half(760),
    left = wide < 560 ? 130 : 190,
    line = 30,
    high = rows.length * line + 28;
  const x = linear(0, 1, left, wide - 70);
  return chart(
    wide,
    high,
    "Share of work done by P50 and by P80, by class",
    [0, 0.25, 0.5, 0.75, 1].map((share) => [
      s("line", { class: "grid", x1: x(share), x2: x(share), y1: 0, y2: high - 22 }),
      label(x(share), high - 6, percent(share), { class: "tick", "text-anchor": "middle" }),
    ]),
    s("line", { class: "target", x1: x(0.5), x2: x(0.5), y1: 0, y2: high - 22 }),
    s("line", { class: "target", x1: x(0.8), x2: x(0.8), y1: 0, y2: high - 22 }),
    rows.map(([name, n, p50, p80], k) => {
      const y = 15 + k * line;
      return s(
        "g",
        {
          class: n < 20 ? "entry is-few" : "entry",
          "data-tip": `${name}: ${plural(n, "case")}\nP50 ${percent(p50)}, P80 ${percent(p80)}`,
        },
        label(left - 10, y + 4, clip(name, wide < 560 ? 16 : 30), { class: "name", "text-anchor": "end" }),
        p50 !== null && p80 !== null
          ? s("line", { class: "m-span-line", x1: x(p50), x2: x(p80), y1: y, y2: y })
          : null,
        p50 === null ? null : s("circle", { class: "m-promised", cx: x(p50), cy: y, r: 5.5 }),
        p80 === null ? null : s("circle", { class: "m-mile", cx: x(p80), cy: y, r: 5.5 }),
        label(wide - 44, y + 4, `n ${n}`, { class: "tick" }),
      );
    }),
  );
}
