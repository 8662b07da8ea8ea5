// Overview: the important thing first, then what has to be decided, how each project stands, what changed.
// The figures of the whole page, or of what is below a chosen programme or project, counted in the same way.
function summary() {
  const slugs = scope();
  if (!slugs) return D.summary;
  const mine = OPEN.filter((one) => slugs.has(unitOf(one)));
  const work = mine.filter((one) => one.work);
  const slipping = work.filter((one) => one.slip_wd > 0);
  const risks = D.risks.rows.filter((row) => slugs.has(unitOf(ITEMS[row.item])));
  const late = D.slips.rows
    .map(([place]) => ITEMS[place])
    .find((one) => one.slip_wd > 0 && slugs.has(unitOf(one)));
  const found = FINDINGS.filter((one) => one.live && slugs.has(one.about ? unitOf(one.about) : one.at));
  const units = UNITS.filter((node) => slugs.has(node.slug));
  return {
    projects: Object.fromEntries(
      COLOURS.map((name) => [name, units.filter((node) => node.health === name).length]),
    ),
    open: pieces(work),
    overdue: pieces(work.filter((one) => one.overdue_wd > 0)),
    slipping: pieces(slipping),
    worst: late ? late.place : null,
    risks: risks.length,
    highRisks: risks.filter((row) => row.exposure >= 12).length,
    unowned: pieces(
      mine.filter((one) => one.owner_problem && (one.kind === "risk" || (one.committed && one.leaf))),
    ),
    findings: Object.fromEntries(
      SEVERITIES.map((name) => [name, found.filter((one) => one.severity === name).length]),
    ),
    meeting: D.summary.meeting,
  };
}
function lead(m) {
  const p = m.projects;
  const total = COLOURS.reduce((sum, name) => sum + p[name], 0);
  const noun = D.hasTree ? "project" : "plan";
  if (!total && !ITEMS.length) return "Nothing is stored yet. Run dovetail sync, then make this page again.";
  const parts = [];
  if (p.red) parts.push(`${p.red} ${p.red === 1 ? "is" : "are"} red`);
  if (p.amber) parts.push(`${p.amber} ${p.amber === 1 ? "is" : "are"} amber`);
  if (p.green) parts.push(`${p.green} ${p.green === 1 ? "is" : "are"} green`);
  if (p.grey) parts.push(`${p.grey} cannot be judged`);
  if (total === 1) {
    const only = parts[0].replace(/^1 /, "");
    return `The ${noun} ${only}.`;
  }
  return `Of ${plural(total, noun)}, ${parts.join(", ").replace(/, ([^,]*)$/, " and $1")}.`;
}
function lead2(m) {
  const parts = [];
  if (m.overdue)
    parts.push(
      `${plural(m.overdue, "open item")} ${m.overdue === 1 ? "has passed its date" : "have passed their date"}`,
    );
  if (m.slipping)
    parts.push(
      `${m.overdue ? number(m.slipping) : plural(m.slipping, "open item")} will be later than promised`,
    );
  const worst = m.worst === null ? null : ITEMS[m.worst];
  return [
    parts.length ? capital(parts.join(", ")) + ". " : "No open item is known to be late. ",
    worst ? ["Furthest: ", itemLink(worst), `, ${wdWords(worst.slip_wd)} than promised.`] : null,
  ];
}

function decisionCard(one) {
  const items = one.items.map((place) => ITEMS[place]);
  return h(
    "li",
    { class: `decision s-${one.severity}` },
    h(
      "div",
      { class: "decision-head" },
      severity(one.severity),
      h("span", { class: "where" }, said(one.name)),
      one.due !== null ? h("span", { class: "when" }, `by ${fullDay(one.due)}`) : null,
    ),
    h("h3", {}, one.question),
    items.length
      ? h(
          "ul",
          { class: "of" },
          items
            .slice(0, 3)
            .map((item) =>
              h(
                "li",
                {},
                itemLink(item),
                item.slip_wd > 0
                  ? h("span", { class: "bad num" }, slipText(item.slip_wd))
                  : item.overdue_wd > 0
                    ? h("span", { class: "bad num" }, `${number(item.overdue_wd)} wd overdue`)
                    : null,
              ),
            ),
        )
      : h(
          "ul",
          { class: "of" },
          one.findings.slice(0, 3).map((place) => h("li", {}, said(FINDINGS[place].message))),
        ),
    h(
      "p",
      { class: "advice" },
      one.action,
      one.count > 3
        ? [" ", h("a", { href: to("findings", { decision: one.id }) }, `All ${one.count} →`)]
        : null,
    ),
  );
}

function healthRow(node) {
  const declared = node.health_declared
    ? h(
        "span",
        { class: "declared" },
        health(node.health_declared),
        node.gap === "better"
          ? h("em", { class: "bad" }, "better than computed")
          : node.gap === "worse"
            ? h("em", {}, "worse than computed")
            : null,
      )
    : h("span", { class: "unknown" }, "not declared");
  return h(
    "tr",
    { class: `level-${node.level}` },
    h(
      "th",
      { scope: "row" },
      h(
        "a",
        {
          href: address({ project: node.slug, item: null }),
          css: { "padding-inline-start": `${node.depth * 1.1}rem` },
        },
        said(node.name),
      ),
      node.leadProblem && node.level !== "portfolio"
        ? h(
            "span",
            { class: "bad sub lead-problem" },
            node.leadProblem === "no owner" ? "nobody leads it" : `lead: ${node.leadProblem}`,
          )
        : null,
    ),
    h("td", {}, health(node.health)),
    h("td", { class: "p2 nowrap" }, declared),
    h("td", { class: "p2 reason" }, said(node.reason)),
    h("td", { class: "p3" }, colourStack(node.colours)),
    h(
      "td",
      { class: "p2 num nowrap" },
      node.percent_complete === null
        ? h("span", { class: "unknown" }, "unknown")
        : `${Math.round(node.percent_complete)} %`,
    ),
    h("td", { class: "p3 num nowrap" }, shortDay(node.commitment)),
    h("td", { class: "p3 num nowrap" }, forecast(node)),
    h(
      "td",
      { class: "num nowrap" },
      h("span", { class: node.overdue ? "bad" : "" }, number(node.overdue)),
      h("span", { class: "of-all" }, ` / ${number(node.open_items)}`),
    ),
    h("td", { class: "p3 num" }, number(node.open_findings)),
  );
}
function healthTable() {
  const slugs = scope();
  const nodes = D.nodes.filter((node) => !slugs || slugs.has(node.slug));
  if (!nodes.length) return nothing("The configuration has no portfolio tree, and nothing was read yet.");
  return h(
    "div",
    { class: "table-box" },
    h(
      "table",
      { class: "health" },
      h("caption", { class: "sr" }, "Health by programme and project"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          [
            ["", ""],
            ["Computed", ""],
            ["Declared", "p2"],
            ["Why", "p2"],
            ["Open work", "p3"],
            ["Done", "p2 num"],
            ["Promised", "p3 num"],
            ["Forecast", "p3 num"],
            ["Overdue", "num"],
            ["Findings", "p3 num"],
          ].map(([text, name]) =>
            h("th", { scope: "col", class: name }, text || h("span", { class: "sr" }, "Name")),
          ),
        ),
      ),
      h("tbody", {}, nodes.map(healthRow)),
    ),
  );
}

function changeList(title, tone, rows, render, view) {
  return h(
    "div",
    { class: `change ${tone}` },
    h("h3", {}, h("span", { class: "count" }, number(rows.length)), " ", title),
    rows.length
      ? h(
          "ul",
          {},
          rows.slice(0, 4).map((row) => h("li", {}, render(row))),
        )
      : null,
    rows.length > 4
      ? h("p", {}, h("a", { href: to(view[0], view[1]) }, `All ${number(rows.length)} →`))
      : null,
  );
}
function changesSection() {
  const c = D.changes;
  const keepF = soughtFinding(),
    keepI = sought();
  const findings = (places) =>
    places
      .map((place) => FINDINGS[place])
      .filter(keepF)
      .sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
  const items = (places) => places.map((place) => ITEMS[place]).filter(keepI);
  const moved = c.moved
    .map(([place, before, after, wd, times]) => ({ one: ITEMS[place], before, after, wd, times }))
    .filter((row) => row.one && keepI(row.one));
  const ofFinding = (one) => [
    severity(one.severity),
    " ",
    one.about ? itemLink(one.about) : said(one.message),
  ];
  const opened = findings([...c.opened, ...c.raised]);
  const grave = opened.filter((one) => severityRank(one.severity) >= 4);
  const later = moved.filter((row) => (row.wd ?? 0) > 0),
    earlier = moved.filter((row) => (row.wd ?? 0) < 0);
  const shift = (row) => [
    itemLink(row.one),
    h("span", { class: "num" }, ` ${shortDay(row.before)} → ${shortDay(row.after)} (${slipText(row.wd)})`),
  ];
  const about = c.known
    ? `Since ${D.sinceWhat}. Compared with the run of ${fullDay(c.with)}.`
    : `Since ${D.sinceWhat}. There is no earlier run to compare with, so nothing can be said of findings and lateness yet; what the trackers' own timelines tell is shown.`;
  return section(
    "What changed",
    about,
    h(
      "div",
      { class: "changes" },
      c.known &&
        changeList("new findings, high or critical", "worse", grave, ofFinding, ["findings", { new: "1" }]),
      c.known && changeList("became late", "worse", items(c.late), itemLink, ["slips", {}]),
      changeList("dates moved later", "worse", later, shift, ["slips", {}]),
      changeList("new risks", "worse", items(c.newRisks), itemLink, ["risks", { flag: "new" }]),
      c.known &&
        changeList("findings resolved", "better", findings(c.resolved), ofFinding, [
          "findings",
          { resolved: "1" },
        ]),
      c.known && changeList("no longer late", "better", items(c.notLate), itemLink, ["items", {}]),
      changeList("dates moved earlier", "better", earlier, shift, ["slips", {}]),
      changeList("finished", "better", items(c.finished), itemLink, ["items", { show: "done" }]),
    ),
  );
}

VIEWS.overview = {
  title: "Overview",
  draw(main) {
    const m = summary();
    const keep = state.project ? below(state.project) : null;
    const decisions = D.decisions.filter((one) => !keep || keep.has(one.project));
    const shown = state.decisions === "all" ? decisions : decisions.slice(0, 6);
    const p = m.projects;
    const total = COLOURS.reduce((sum, name) => sum + p[name], 0);
    const meeting = m.meeting;
    fill(
      main,
      h(
        "div",
        { class: "hero" },
        h("p", { class: "lead" }, lead(m)),
        h("p", { class: "lead2" }, lead2(m)),
        total
          ? h(
              "div",
              { class: "strip" },
              COLOURS.filter((name) => p[name]).map((name) =>
                h(
                  "span",
                  { class: `strip-part c-${name}`, css: { flex: `${p[name]} 1 0` } },
                  icon(name),
                  h("b", {}, number(p[name])),
                  " ",
                  COLOUR_WORDS[name].toLowerCase(),
                ),
              ),
            )
          : null,
      ),
      tiles(
        {
          value: number(decisions.length),
          name: "decisions needed",
          tone: decisions.length ? "ask" : "",
          href: "#overview?decisions=all",
          note: meeting ? `${meeting[1]}, ${shortDay(meeting[0])}` : null,
        },
        {
          value: number(m.overdue),
          name: "past their date",
          note: `of ${number(m.open)} open`,
          tone: m.overdue ? "bad" : "",
          href: to("slips", { show: "overdue" }),
        },
        {
          value: number(m.slipping),
          name: "forecast late",
          note: "later than promised",
          tone: m.slipping ? "warn" : "",
          href: to("slips", { show: "slipping" }),
        },
        {
          value: number(m.highRisks),
          name: "high risks",
          note: `of ${number(m.risks)} open`,
          tone: m.highRisks ? "warn" : "",
          href: to("risks", {}),
        },
        {
          value: number(m.unowned),
          name: "without an owner",
          note: "committed work and risks",
          tone: m.unowned ? "warn" : "",
          href: to("people", {}),
        },
        {
          value: number((m.findings.critical || 0) + (m.findings.high || 0)),
          name: "grave findings",
          note: `${number(m.findings.critical || 0)} critical`,
          tone: m.findings.critical ? "bad" : "",
          href: to("findings", {}),
        },
      ),
      section(
        "Decisions needed",
        "Open findings of high severity and above that a project cannot settle alone, as questions.",
        decisions.length
          ? h("ol", { class: "decisions" }, shown.map(decisionCard))
          : nothing("Nothing waits for a decision."),
        shown.length < decisions.length
          ? h(
              "p",
              { class: "more" },
              h(
                "a",
                { class: "button", href: address({ decisions: "all", item: null }), "data-keep": "1" },
                `Show all ${decisions.length} decisions`,
              ),
            )
          : null,
      ),
      section(
        D.hasTree ? "Health by programme and project" : "Health by plan",
        "Computed from dates, forecasts and findings; what people declare stands beside it. Unknown is not green.",
        healthTable(),
        legend(
          ...COLOURS.map((name) => [
            icon(name),
            name === "grey" ? "unknown: cannot be judged" : COLOUR_WORDS[name],
          ]),
        ),
      ),
      changesSection(),
    );
  },
};
