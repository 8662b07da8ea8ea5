// Risks and RAID: the matrix, who answers, what nobody has looked at, what is new.
const RESPONSES = { stale: "overdue", unknown: "unknown", reviewed: "done", planned: "due" };
function matrix(rows) {
  const cell = (probability, impact) =>
    rows.filter((one) => one.probability === probability && one.impact === impact);
  const body = [5, 4, 3, 2, 1].map((probability) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, String(probability)),
      [1, 2, 3, 4, 5].map((impact) => {
        const here = cell(probability, impact).length,
          exposure = probability * impact;
        const tone = exposure >= 15 ? "x4" : exposure >= 12 ? "x3" : exposure >= 6 ? "x2" : "x1";
        const isOn = state.cell === `${probability}${impact}`;
        return h(
          "td",
          { class: `${tone}${isOn ? " is-on" : ""}` },
          here
            ? h(
                "a",
                {
                  href: address({ cell: isOn ? null : `${probability}${impact}`, item: null }),
                  "data-keep": "1",
                  "aria-label": `${plural(here, "risk")} with probability ${probability} and impact ${impact}`,
                  "aria-current": isOn ? "true" : null,
                },
                h(
                  "span",
                  { class: "dot", css: { "--size": `${Math.min(46, 24 + here * 2.4)}px` } },
                  number(here),
                ),
              )
            : null,
        );
      }),
    ),
  );
  return h(
    "table",
    { class: "matrix" },
    h("caption", { class: "sr" }, "Open risks by probability and impact"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { class: "corner" }, h("span", { class: "sr" }, "Probability by impact")),
        [1, 2, 3, 4, 5].map((impact) => h("th", { scope: "col" }, String(impact))),
      ),
    ),
    h("tbody", {}, body),
  );
}

VIEWS.risks = {
  title: "Risks",
  count: () => D.risks.rows.length,
  draw(main) {
    const keep = sought();
    const every = D.risks.rows
      .map((row) => ({ ...row, one: ITEMS[row.item] }))
      .filter((row) => row.one && keep(row.one));
    const flags = {
      unowned: (row) => row.unowned,
      stale: (row) => row.review === "stale",
      unknown: (row) => row.review === "unknown",
      response: (row) => row.noResponse,
      new: (row) => row.new,
      unscored: (row) => row.exposure === null,
      high: (row) => row.exposure >= 12,
    };
    const rows = every.filter(
      (row) =>
        (!flags[state.flag] || flags[state.flag](row)) &&
        (!state.cell || `${row.probability}${row.impact}` === state.cell),
    );
    const count = (name) => every.filter(flags[name]).length;
    const raid = Object.entries(D.risks.raid).map(([kind, places]) => [
      kind,
      places.map((place) => ITEMS[place]).filter(keep),
    ]);
    const top = every.slice(0, 5);
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        every.length
          ? `${plural(every.length, "open risk")}, ${count("high")} with an exposure of 12 or more; ${count("unowned")} ${count("unowned") === 1 ? "has" : "have"} no owner who can act.`
          : "No open risk is known. That may mean that no tracker records any.",
      ),
      h(
        "div",
        { class: "two" },
        section(
          "Matrix",
          "Probability upwards, impact to the right. Choose a field to see its risks.",
          h(
            "div",
            { class: "matrix-box" },
            h("span", { class: "axis-y" }, "Probability"),
            h("div", {}, matrix(every), h("span", { class: "axis-x" }, "Impact")),
          ),
          count("unscored")
            ? h(
                "p",
                { class: "table-foot" },
                `${plural(count("unscored"), "risk")} without a score ${count("unscored") === 1 ? "is" : "are"} in no field.`,
              )
            : null,
        ),
        section(
          "The five largest",
          null,
          top.length
            ? h(
                "ol",
                { class: "tops" },
                top.map((row) =>
                  h(
                    "li",
                    {},
                    h(
                      "span",
                      {
                        class: `exposure x${row.exposure >= 15 ? 4 : row.exposure >= 12 ? 3 : row.exposure >= 6 ? 2 : 1}`,
                      },
                      row.exposure ?? "?",
                    ),
                    h(
                      "div",
                      {},
                      itemLink(row.one),
                      h(
                        "div",
                        { class: "sub" },
                        owner(row.one),
                        " · ",
                        said(nodeName(unitOf(row.one))),
                        row.noResponse ? h("span", { class: "bad" }, " · no response") : null,
                        row.review === "stale" ? h("span", { class: "bad" }, " · review overdue") : null,
                      ),
                    ),
                  ),
                ),
              )
            : nothing("None."),
        ),
      ),
      section(
        "Register",
        `Compared with ${D.sinceWhat}: ${count("new")} new, ${D.risks.closed} closed.`,
        chips(
          "flag",
          [
            ["high", "Exposure 12+", count("high")],
            ["unowned", "No owner", count("unowned")],
            ["response", "No response", count("response")],
            ["stale", "Review overdue", count("stale")],
            ["unknown", "No review known", count("unknown")],
            ["new", "New", count("new")],
            ["unscored", "No score", count("unscored")],
          ],
          "Which risks",
        ),
        table({
          id: "risks",
          rows,
          empty: "No risk of this kind.",
          columns: [
            {
              name: "exposure",
              title: "Exposure",
              num: true,
              get: (row) => row.exposure,
              cell: (row) =>
                h(
                  "span",
                  {
                    class: `exposure x${row.exposure >= 15 ? 4 : row.exposure >= 12 ? 3 : row.exposure >= 6 ? 2 : 1}`,
                    "data-tip": row.exposure === null ? "no score" : `${row.probability} × ${row.impact}`,
                  },
                  row.exposure ?? "?",
                ),
            },
            {
              ...COLUMN.item,
              title: "Risk",
              get: (row) => row.one.key,
              cell: (row) => h("span", { class: "item-cell" }, keyLink(row.one), said(row.one.title)),
            },
            {
              ...COLUMN.project,
              get: (row) => nodeName(unitOf(row.one)),
              cell: (row) => said(nodeName(unitOf(row.one))),
            },
            { ...COLUMN.owner, get: (row) => row.one.owner, cell: (row) => owner(row.one) },
            {
              name: "response",
              title: "Response",
              at: 2,
              get: (row) => row.response,
              cell: (row) =>
                row.response
                  ? said(capital(row.response))
                  : row.noResponse
                    ? h("span", { class: "bad" }, "none")
                    : h("span", { class: "unknown" }, "unknown"),
            },
            {
              name: "review",
              title: "Review",
              at: 2,
              get: (row) => row.last_review ?? row.review_due,
              cell: (row) =>
                h(
                  "span",
                  { class: row.review === "stale" ? "bad" : row.review === "unknown" ? "unknown" : "" },
                  capital(RESPONSES[row.review]),
                  row.review_due !== null
                    ? `${row.review === "planned" ? " " : ", was due "}${shortDay(row.review_due)}`
                    : "",
                ),
            },
            {
              name: "created",
              title: "Since",
              at: 3,
              get: (row) => row.one.created,
              cell: (row) => [
                h("span", { class: "nowrap" }, shortDay(row.one.created)),
                row.new ? h("em", { class: "new" }, " new") : null,
              ],
            },
            {
              name: "findings",
              title: "Findings",
              at: 3,
              num: true,
              get: (row) => row.one.found.length,
              cell: (row) => number(row.one.found.length),
            },
          ],
        }),
      ),
      raid.map(([kind, items]) =>
        items.length
          ? section(
              capital(kind) + "s",
              null,
              table({
                id: kind,
                rows: items,
                columns: [
                  COLUMN.item,
                  COLUMN.project,
                  COLUMN.owner,
                  COLUMN.due,
                  {
                    name: "status",
                    title: "Status",
                    get: (one) => one.status,
                    cell: (one) => said(one.status),
                  },
                  COLUMN.findings,
                ],
              }),
            )
          : null,
      ),
      raid.every(([, items]) => !items.length)
        ? section(
            "Issues, decisions, changes",
            null,
            nothing(
              "No tracker item is of these kinds. Map the tracker's types with `kinds:` in the configuration to see them here.",
            ),
          )
        : null,
    );
  },
};
