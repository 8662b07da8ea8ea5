// Data quality: how far the rest can be trusted.
VIEWS.quality = {
  title: "Data quality",
  draw(main) {
    const q = D.quality,
      keep = sought();
    const stale = q.sources.filter((one) => one.stale).length,
      old = q.sources.filter((one) => !one.stale && one.old).length;
    const names = [...new Set(q.checks.map((row) => row[0]))],
      checks = [...new Set(q.checks.map((row) => row[1]))];
    const shares = (check) =>
      q.checks.filter((row) => row[1] === check && row[5] && row[4] !== null).map((row) => badness(row));
    const failing = checks
      .filter((check) => shares(check).some((one) => one > 0))
      .sort((one, other) => Math.max(...shares(other)) - Math.max(...shares(one)));
    const never = checks.filter((check) => !shares(check).length);
    const passed = checks.filter((check) => !failing.includes(check) && !never.includes(check));
    const byPair = new Map(q.checks.map((row) => [`${row[0]}\n${row[1]}`, row]));
    const gaps = q.gaps.filter(([, , , of]) => of);
    const chosen = gaps.find(([name]) => name === state.gap);
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        stale
          ? `${plural(stale, "source")} could not be read: what is shown of it may be old.`
          : old
            ? `${plural(old, "source")} ${old === 1 ? "was" : "were"} read more than a day ago.`
            : `${plural(q.sources.length, "source")}, all read within a day.`,
      ),
      section(
        "Sources",
        null,
        h(
          "ul",
          { class: "sources" },
          q.sources.map((one) =>
            h(
              "li",
              { class: one.stale ? "is-stale" : one.old ? "is-old" : "" },
              h("h3", {}, icon(one.stale ? "red" : one.old ? "amber" : "green"), " ", said(one.source)),
              h("p", { class: "sub" }, one.form),
              h(
                "p",
                {},
                one.last === null ? "never read in full" : `last read ${one.last}`,
                one.old && !one.stale && one.age !== null
                  ? `, ${plural(Math.round(one.age / 24), "day")} ago`
                  : "",
              ),
              one.error ? h("p", { class: "bad" }, said(one.error)) : null,
              h("p", { class: "sub" }, one.items === null ? "" : plural(one.items, "item")),
              one.held ? h("p", { class: "warn" }, said(one.held)) : null,
            ),
          ),
        ),
      ),
      section(
        "What is missing",
        "Of the open work of which it should be known. Choose a row to see the items.",
        h(
          "ul",
          { class: "gaps" },
          gaps.map(([name, why, places, of]) =>
            h(
              "li",
              {},
              h(
                "a",
                {
                  href: address({ gap: state.gap === name ? null : name, item: null }),
                  "data-keep": "1",
                  "aria-current": state.gap === name ? "true" : null,
                },
                h("b", {}, capital(name)),
                h("span", { class: "sub" }, why),
              ),
              bar(places.length, of, places.length / of > 0.25 ? "b-amber" : "b-strong"),
              h("span", { class: "num" }, `${number(places.length)} of ${number(of)}`),
            ),
          ),
        ),
        chosen
          ? table({
              id: "gap",
              rows: chosen[2].map((place) => ITEMS[place]).filter(keep),
              columns: [COLUMN.item, COLUMN.project, COLUMN.owner, COLUMN.due, COLUMN.health],
            })
          : null,
        q.outside
          ? h(
              "p",
              { class: "table-foot" },
              `${plural(q.outside, "open item")} belong${q.outside === 1 ? "s" : ""} to no project of the tree.`,
            )
          : null,
      ),
      section(
        "Trackers that disagree",
        q.suggested
          ? `${plural(q.suggested, "pair")} may be the same work and wait to be confirmed or rejected: dovetail twins suggest.`
          : null,
        table({
          id: "twins",
          empty: "No confirmed twins disagree.",
          rows: q.twins
            .map(([a, b, gap, states, owners]) => ({ a: ITEMS[a], b: ITEMS[b], gap, states, owners }))
            .filter((row) => (row.a && keep(row.a)) || (row.b && keep(row.b))),
          columns: [
            {
              name: "a",
              title: "One side",
              get: (row) => row.a?.key,
              cell: (row) => (row.a ? COLUMN.item.cell(row.a) : "done"),
            },
            {
              name: "b",
              title: "The other",
              get: (row) => row.b?.key,
              cell: (row) => (row.b ? COLUMN.item.cell(row.b) : "done"),
            },
            {
              name: "gap",
              title: "Dates apart",
              num: true,
              get: (row) => Math.abs(row.gap || 0),
              cell: (row) => (row.gap ? plural(Math.abs(row.gap), "working day") : ""),
            },
            {
              name: "what",
              title: "Differ",
              at: 2,
              get: (row) => Number(row.states),
              cell: (row) =>
                [row.gap ? "date" : null, row.states ? "state" : null, row.owners ? "owner" : null]
                  .filter(Boolean)
                  .join(", "),
            },
          ],
        }),
      ),
      names.length
        ? section(
            "Schedule checks",
            "The share of work that fails each check of each plan or project; of indices the value itself, where 1 is as planned. A dash: it cannot be assessed there, which is no pass.",
            failing.length
              ? h(
                  "div",
                  { class: "table-box" },
                  h(
                    "table",
                    { class: "heat" },
                    h("caption", { class: "sr" }, "Schedule checks by plan"),
                    h(
                      "thead",
                      {},
                      h(
                        "tr",
                        {},
                        h("td", {}),
                        names.map((name) => h("th", { scope: "col" }, h("span", {}, said(clip(name, 26))))),
                      ),
                    ),
                    h(
                      "tbody",
                      {},
                      failing.map((check) =>
                        h(
                          "tr",
                          {},
                          h("th", { scope: "row" }, checkName(check)),
                          names.map((name) => checkCell(byPair.get(`${name}\n${check}`), check)),
                        ),
                      ),
                    ),
                  ),
                )
              : null,
            passed.length
              ? h(
                  "p",
                  { class: "table-foot" },
                  h("b", {}, "Nothing fails, where they can be assessed: "),
                  passed.map(checkName).join(", "),
                  ".",
                )
              : null,
            never.length
              ? h(
                  "p",
                  { class: "table-foot" },
                  h("b", {}, "Assessed nowhere: "),
                  never.map(checkName).join(", "),
                  ".",
                )
              : null,
          )
        : null,
      section(
        "Values that nobody mapped",
        null,
        table({
          id: "unmapped",
          empty: "Every value of the trackers is mapped.",
          rows: q.unmapped,
          sort: "count.down",
          columns: [
            { name: "value", title: "Value", get: (row) => row[2], cell: (row) => said(row[2]) },
            { name: "what", title: "What", get: (row) => row[1], cell: (row) => words(row[1]) },
            { name: "source", title: "Source", at: 2, get: (row) => row[0] },
            { name: "count", title: "Items", num: true, get: (row) => row[3] },
          ],
        }),
      ),
    );
  },
};
// Indices: better the higher they are, and 1 is as planned.
const INDICES = new Set(["bei", "cpli", "hit-rate", "cei", "cei-previous", "link-types", "tfci", "spi-t"]);
const CHECKS = {
  bei: "Finished of what was due (BEI)",
  cei: "Forecasts kept, last period (CEI)",
  "cei-previous": "Forecasts kept, period before",
  cpli: "Critical path length (CPLI)",
  "hit-rate": "Finished by the baseline date",
  tfci: "Total float consumption (TFCI)",
  "missed-tasks": "Missed their baseline",
  "high-duration": "Longer than two months",
  logic: "Without predecessor or successor",
  lags: "Links with a lag",
  leads: "Links with a lead",
  "link-types": "Finish-to-start links",
  "hard-constraints": "Hard constraints",
  "high-float": "More than two months of float",
  "negative-float": "Negative float",
  resources: "Nobody assigned",
  "no-baseline": "No baseline",
  zombies: "Untouched and undated",
  "float-differs": "Float differs from the plan's own",
  "invalid-dates": "Impossible dates",
  "invalid-actual-dates": "Actual dates in the future",
  "invalid-forecast-dates": "Planned dates in the past",
  dangling: "Dangling",
  "dangling-start": "Dangling start",
  "dangling-finish": "Dangling finish",
  "critical-path": "Critical path test",
  "start-to-finish": "Start-to-finish links",
};
const checkName = (check) => CHECKS[check] || capital(words(check));
const badness = (row) => (INDICES.has(row[1]) ? Math.max(0, 1 - row[4]) : row[4]);
function checkCell(row, check) {
  if (!row || !row[5] || row[4] === null)
    return h("td", { class: "none", "data-tip": row?.[6] || "not assessed" }, "–");
  const bad = badness(row);
  return h(
    "td",
    {
      class: `num x${bad > 0.3 ? 4 : bad > 0.1 ? 3 : bad > 0.05 ? 2 : bad > 0 ? 1 : 0}`,
      "data-tip": `${checkName(check)}: ${number(row[2])} of ${number(row[3])}`,
    },
    INDICES.has(check) ? row[4].toFixed(2) : percent(row[4]),
  );
}
