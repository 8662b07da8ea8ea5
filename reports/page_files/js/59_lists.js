// All findings and all items: the rows behind everything, with every filter.
VIEWS.findings = {
  title: "Findings",
  count: () => FINDINGS.filter((one) => one.live).length,
  draw(main) {
    const keep = soughtFinding();
    const fresh = new Set([...D.changes.opened, ...D.changes.raised]);
    const decision = D.decisions.find((one) => one.id === state.decision);
    const decided = decision ? new Set(decision.findings) : null;
    const pool = FINDINGS.filter(
      (one) =>
        (state.resolved ? one.state === "resolved" : one.live) &&
        (!state.new || fresh.has(one.place)) &&
        (!decided || decided.has(one.place)) &&
        keep(one),
    );
    const rows = pool.filter(
      (one) =>
        (!state.severity || one.severity === state.severity) && (!state.rule || one.rule === state.rule),
    );
    const rules = new Map();
    for (const one of pool)
      if (!state.severity || one.severity === state.severity)
        rules.set(one.rule, (rules.get(one.rule) || 0) + 1);
    const top = [...rules].sort((one, other) => other[1] - one[1]);
    const most = top[0]?.[1] || 1;
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        decision
          ? `${decision.question}: ${decision.name}.`
          : state.resolved
            ? `${plural(pool.length, "finding")} resolved since ${D.sinceWhat}.`
            : `${plural(pool.length, "finding")}${state.new ? " new since " + D.sinceWhat : " open"}.`,
      ),
      decision || state.new || state.resolved
        ? h(
            "p",
            { class: "focus" },
            h("a", { class: "button", href: to("findings", {}) }, "Show all findings"),
          )
        : null,
      section(
        "By rule",
        null,
        chips(
          "severity",
          SEVERITIES.map((name) => [name, capital(name), pool.filter((one) => one.severity === name).length]),
          "Severity",
        ),
        top.length
          ? h(
              "ul",
              { class: "gaps" },
              top.slice(0, state.rules === "all" ? 200 : 10).map(([rule, count]) =>
                h(
                  "li",
                  {},
                  h(
                    "a",
                    {
                      href: address({ rule: state.rule === rule ? null : rule, item: null }),
                      "data-keep": "1",
                      "aria-current": state.rule === rule ? "true" : null,
                    },
                    h("b", {}, D.rules[rule]?.title || rule),
                    h("span", { class: "sub" }, rule),
                  ),
                  bar(count, most, "b-strong"),
                  h("span", { class: "num" }, number(count)),
                ),
              ),
            )
          : null,
        top.length > 10 && state.rules !== "all"
          ? h(
              "p",
              { class: "more" },
              h(
                "a",
                { class: "button", href: address({ rules: "all", item: null }), "data-keep": "1" },
                `Show all ${top.length} rules`,
              ),
            )
          : null,
      ),
      section(
        "Findings",
        "Choose one to see the reasoning behind it.",
        table({
          id: "findings",
          rows,
          empty: "No finding matches.",
          sort: "severity.down",
          columns: [
            {
              name: "what",
              title: "About",
              get: (one) => one.about?.key ?? one.key ?? one.message,
              cell: (one) =>
                one.about
                  ? h(
                      "span",
                      { class: "item-cell" },
                      h(
                        "a",
                        { class: "key", href: address({ item: one.about.id, finding: one.id }) },
                        said(one.about.key),
                      ),
                      said(one.about.title, { class: "title" }),
                    )
                  : h(
                      "a",
                      { href: address({ finding: one.id, item: null }) },
                      said(one.key ?? words(one.subject)),
                    ),
            },
            {
              name: "severity",
              title: "Severity",
              get: (one) => severityRank(one.severity),
              cell: (one) => severity(one.severity),
            },
            {
              name: "message",
              title: "What",
              at: 2,
              get: (one) => one.message,
              cell: (one) => said(one.message),
            },
            {
              name: "project",
              title: D.hasTree ? "Project" : "Plan",
              at: 3,
              get: (one) => nodeName(one.about ? unitOf(one.about) : one.at),
              cell: (one) =>
                said(one.about || one.at ? nodeName(one.about ? unitOf(one.about) : one.at) : ""),
            },
            {
              name: "opened",
              title: "Since",
              at: 3,
              num: true,
              get: (one) => one.opened,
              cell: (one) => h("span", { class: "nowrap" }, shortDay(one.opened)),
            },
            {
              name: "state",
              title: "State",
              at: 3,
              get: (one) => one.state,
              cell: (one) => [
                one.state,
                one.muted ? h("span", { class: "sub" }, said(one.muted[2] || "")) : null,
              ],
            },
          ],
        }),
      ),
    );
  },
};
VIEWS.items = {
  title: "All items",
  count: () => OPEN.length,
  draw(main) {
    const keep = sought();
    const pool = (state.show === "done" ? ITEMS.filter((one) => one.done) : OPEN).filter(keep);
    const kinds = [...new Set(pool.map((one) => one.kind))]
      .map((kind) => [kind, capital(words(kind)), pool.filter((one) => one.kind === kind).length])
      .sort((one, other) => other[2] - one[2]);
    const rows = pool.filter(
      (one) =>
        (!state.kind || one.kind === state.kind) &&
        (!state.colour || (one.health || "grey") === state.colour),
    );
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        `${plural(rows.length, state.show === "done" ? "finished item" : "open item")}${state.q ? ` with “${state.q}”` : ""}.`,
      ),
      section(
        state.show === "done" ? "Finished" : "Open items",
        state.show === "done" ? "Of finished work the page holds what it speaks of elsewhere." : null,
        h(
          "div",
          { class: "controls" },
          chips("kind", kinds, "Kind"),
          chips(
            "colour",
            COLOURS.map((name) => [
              name,
              COLOUR_WORDS[name],
              pool.filter((one) => (one.health || "grey") === name).length,
            ]),
            "Health",
          ),
        ),
        table({
          id: "items",
          rows,
          sort: "item",
          empty: "Nothing matches. Take a filter off, or look in another project.",
          columns: [
            COLUMN.item,
            COLUMN.health,
            COLUMN.project,
            COLUMN.owner,
            {
              name: "status",
              title: "Status",
              at: 3,
              get: (one) => one.status,
              cell: (one) => said(one.status),
            },
            COLUMN.commitment,
            COLUMN.due,
            COLUMN.forecast,
            COLUMN.slip,
            COLUMN.findings,
          ],
        }),
      ),
    );
  },
};
