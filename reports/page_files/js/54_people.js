// People and teams: who carries how much, who cannot act any more, what belongs to nobody.
function loadChart(people, sort) {
  const wide = width(1100),
    line = 24,
    left = wide < 560 ? 120 : 200,
    right = 84;
  const most = Math.max(...people.map((one) => one.open), 1);
  const x = linear(0, most, left, wide - right);
  return chart(
    wide,
    people.length * line + 8,
    "Open work by person: overdue, under way, the rest.",
    people.map((one, k) => {
      const y = 4 + k * line;
      const rest = Math.max(0, one.open - one.active - one.overdue),
        active = Math.max(0, Math.min(one.active, one.open - one.overdue));
      let at = 0;
      const part = (value, name, text) => {
        const mark = value
          ? s("rect", {
              class: name,
              x: x(at),
              width: Math.max(1, x(at + value) - x(at) - 1),
              y: y + 3,
              height: line - 8,
              rx: 2,
            })
          : null;
        at += value;
        return mark;
      };
      return s(
        "g",
        {
          class: "entry",
          "data-tip": `${one.name}${one.problem ? ` (${one.problem})` : ""}\n${one.open} open, ${one.active} under way, ${one.overdue} overdue, ${one.soon} due in four weeks${one.undated ? `, ${one.undated} without a date` : ""}`,
        },
        label(left - 10, y + line / 2 + 4, clip(one.name, wide < 560 ? 16 : 28), {
          class: one.problem ? "name bad" : "name",
          "text-anchor": "end",
        }),
        part(one.overdue, "b-red"),
        part(active, "b-strong"),
        part(rest, "b-plain"),
        label(x(one.open) + 6, y + line / 2 + 4, `${one.open}${one.soon ? ` · ${one.soon} soon` : ""}`, {
          class: "value",
        }),
      );
    }),
  );
}
VIEWS.people = {
  title: "People",
  draw(main) {
    const keep = sought(),
      slugs = scope();
    const people = D.people.rows
      .map(([name, problem, open, active, overdue, soon, undated, load, projects]) => ({
        name,
        problem,
        open,
        active,
        overdue,
        soon,
        undated,
        load,
        projects,
      }))
      .filter(
        (one) =>
          (!slugs || one.projects.some(([slug]) => slugs.has(slug))) &&
          wordsSought().every((part) => fold(one.name).includes(part)),
      );
    const left = people.filter((one) => one.problem);
    const unowned = D.people.unowned
      .map(([problem, places]) => [problem, places.map((place) => ITEMS[place]).filter(keep)])
      .filter(([, items]) => items.length);
    const chosen = state.problem ? unowned.filter(([problem]) => problem === state.problem) : unowned;
    const counted = D.people;
    const share = counted.open ? counted.covered / counted.open : null;
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        share === null
          ? "There is no committed work and no risk, so nobody has to own any."
          : `${percent(share)} of committed work and risks have an owner who can act; ${number(counted.open - counted.covered)} do not.`,
      ),
      left.length
        ? section(
            "Owners who cannot act",
            "They still own open work. Somebody else must take it over.",
            h(
              "ul",
              { class: "callouts" },
              left.map((one) =>
                h(
                  "li",
                  {},
                  h("b", {}, said(one.name)),
                  h("span", { class: "bad" }, ` ${one.problem}`),
                  `, ${plural(one.open, "open item")}`,
                  one.projects.length
                    ? ` in ${one.projects
                        .slice(0, 3)
                        .map(([slug]) => nodeName(slug))
                        .join(", ")}`
                    : "",
                  ". ",
                  h("a", { href: to("items", { q: one.name }) }, "Show them"),
                ),
              ),
            ),
          )
        : null,
      section(
        "Load",
        "Open work by person. What is overdue comes first in each bar, then what is under way. The number due within four weeks stands at the end.",
        people.length
          ? [
              loadChart(people.slice(0, 25)),
              legend(
                [swatch("k-red"), "past its date"],
                [swatch("k-strong"), "under way"],
                [swatch("k-plain"), "not begun"],
              ),
            ]
          : nothing("Nobody is known to own open work here."),
      ),
      section(
        "Work that nobody can act on",
        null,
        unowned.length
          ? [
              chips(
                "problem",
                unowned.map(([problem, items]) => [problem, capital(problem), items.length]),
                "What is wrong",
              ),
              table({
                id: "unowned",
                rows: chosen.flatMap(([, items]) => items),
                columns: [
                  COLUMN.item,
                  COLUMN.project,
                  COLUMN.owner,
                  {
                    name: "committed",
                    title: "Promised?",
                    at: 3,
                    get: (one) => Number(one.committed),
                    cell: (one) => (one.committed ? "yes" : ""),
                  },
                  COLUMN.due,
                  COLUMN.findings,
                ],
              }),
            ]
          : nothing("Every open item has an owner who can act."),
      ),
      section(
        "Teams",
        D.people.withoutTeam
          ? `${plural(D.people.withoutTeam, "open item")} ${D.people.withoutTeam === 1 ? "has" : "have"} no team.`
          : null,
        table({
          id: "teams",
          empty: "No tracker tells which team does what.",
          rows: D.people.teams,
          columns: [
            { name: "team", title: "Team", get: (row) => row[0], cell: (row) => said(row[0]) },
            { name: "open", title: "Open", num: true, get: (row) => row[1] },
            { name: "active", title: "Under way", num: true, at: 2, get: (row) => row[2] },
            {
              name: "overdue",
              title: "Overdue",
              num: true,
              get: (row) => row[3],
              cell: (row) => h("span", { class: row[3] ? "bad" : "" }, number(row[3])),
            },
            { name: "soon", title: "Due in 4 weeks", num: true, at: 2, get: (row) => row[4] },
            {
              name: "pace",
              title: "Done in 4 weeks",
              num: true,
              at: 3,
              get: (row) => row[5],
              cell: (row) => (row[5] === null ? h("span", { class: "unknown" }, "unknown") : number(row[5])),
            },
          ],
        }),
      ),
      section(
        "Everybody",
        null,
        table({
          id: "people",
          rows: people,
          sort: "open.down",
          columns: [
            {
              name: "name",
              title: "Person",
              get: (one) => one.name,
              cell: (one) => h("a", { href: to("items", { q: one.name }) }, said(one.name)),
            },
            {
              name: "problem",
              title: "Problem",
              at: 2,
              get: (one) => one.problem,
              cell: (one) => (one.problem ? h("span", { class: "bad" }, one.problem) : ""),
            },
            { name: "open", title: "Open", num: true, get: (one) => one.open },
            { name: "active", title: "Under way", num: true, at: 2, get: (one) => one.active },
            {
              name: "overdue",
              title: "Overdue",
              num: true,
              get: (one) => one.overdue,
              cell: (one) => h("span", { class: one.overdue ? "bad" : "" }, number(one.overdue)),
            },
            { name: "soon", title: "Due in 4 weeks", num: true, at: 2, get: (one) => one.soon },
            { name: "undated", title: "No date", num: true, at: 3, get: (one) => one.undated },
            {
              name: "load",
              title: "Load, 4 weeks",
              num: true,
              at: 3,
              get: (one) => one.load,
              cell: (one) =>
                one.load === null ? h("span", { class: "unknown" }, "unknown") : percent(one.load),
            },
            {
              name: "projects",
              title: D.hasTree ? "Projects" : "Plans",
              at: 3,
              get: (one) => one.projects.length,
              cell: (one) =>
                one.projects
                  .slice(0, 3)
                  .map(([slug]) => nodeName(slug))
                  .join(", ") + (one.projects.length > 3 ? " …" : ""),
            },
          ],
        }),
      ),
    );
  },
};
