// Costs: budget, actual and forecast, where a tracker has them. Nothing is added up over currencies.
VIEWS.costs = {
  title: "Costs",
  draw(main) {
    const slugs = scope();
    const rows = D.costs.rows
      .map(([slug, variance, share]) => ({ node: NODES.get(slug), variance, share }))
      .filter((row) => row.node && (!slugs || slugs.has(row.node.slug)));
    const unknown = D.costs.unknown
      .filter((slug) => !slugs || slugs.has(slug))
      .map((slug) => NODES.get(slug));
    const over = rows.filter(
      (row) => row.variance > 0 && (row.node.level === "project" || row.node.level === "schedule"),
    );
    const money = (value, currency) =>
      value === null || value === undefined
        ? h("span", { class: "unknown" }, "unknown")
        : `${new Intl.NumberFormat("en", { maximumFractionDigits: 0 }).format(value)}${currency ? " " + currency : ""}`;
    fill(
      main,
      h(
        "p",
        { class: "lead" },
        !rows.length
          ? "No tracker tells any amount, so nothing can be said about money."
          : over.length
            ? `${plural(over.length, D.hasTree ? "project is" : "plan is", D.hasTree ? "projects are" : "plans are")} expected over budget.`
            : "Nothing is expected over budget, as far as amounts are known.",
      ),
    );
    if (rows.length) {
      const most = new Map();
      for (const { node } of rows)
        most.set(
          node.currency,
          Math.max(
            most.get(node.currency) || 0,
            node.budget || 0,
            node.actual_cost || 0,
            node.forecast_cost || 0,
          ),
        );
      const wide = width(1100),
        left = wide < 560 ? 110 : 220,
        line = 40;
      fill(
        main,
        section(
          "Budget, actual, forecast",
          "Each row in its own currency, on one scale per currency.",
          chart(
            wide,
            rows.length * line + 6,
            "Budget, actual and forecast cost of each row",
            rows.map(({ node, variance }, k) => {
              const y = k * line + 6,
                x = linear(0, most.get(node.currency) || 1, left, wide - 90);
              const bars = (value, name, top, tall) =>
                value === null
                  ? null
                  : s("rect", {
                      class: name,
                      x: left,
                      y: y + top,
                      height: tall,
                      width: Math.max(1, x(value) - left),
                    });
              return s(
                "g",
                {
                  class: "entry",
                  "data-tip": `${node.name}\nbudget ${node.budget === null ? "unknown" : number(node.budget)}, actual ${node.actual_cost === null ? "unknown" : number(node.actual_cost)}, forecast ${node.forecast_cost === null ? "unknown" : number(node.forecast_cost)} ${node.currency || ""}`,
                },
                label(left - 10, y + 19, clip(node.name, wide < 560 ? 14 : 30), {
                  class: "name",
                  "text-anchor": "end",
                }),
                bars(node.budget, "k-budget", 2, 26),
                bars(node.forecast_cost, variance > 0 ? "k-forecast-over" : "k-forecast", 8, 14),
                bars(node.actual_cost, "k-actual", 12, 6),
                label(wide - 84, y + 19, node.currency || "", { class: "tick" }),
              );
            }),
          ),
          legend(
            [swatch("k-budget"), "budget"],
            [swatch("k-forecast"), "forecast"],
            [swatch("k-forecast-over"), "forecast over budget"],
            [swatch("k-actual"), "spent"],
          ),
        ),
        section(
          "Amounts",
          null,
          table({
            id: "costs",
            rows,
            columns: [
              {
                name: "name",
                title: "Name",
                get: (row) => row.node.name,
                cell: (row) => said(row.node.name),
              },
              {
                name: "budget",
                title: "Budget",
                num: true,
                get: (row) => row.node.budget,
                cell: (row) => money(row.node.budget, row.node.currency),
              },
              {
                name: "actual",
                title: "Spent",
                num: true,
                get: (row) => row.node.actual_cost,
                cell: (row) => money(row.node.actual_cost, row.node.currency),
              },
              {
                name: "forecast",
                title: "Forecast",
                num: true,
                at: 2,
                get: (row) => row.node.forecast_cost,
                cell: (row) => money(row.node.forecast_cost, row.node.currency),
              },
              {
                name: "variance",
                title: "Over budget",
                num: true,
                get: (row) => row.variance,
                cell: (row) =>
                  row.variance === null
                    ? h("span", { class: "unknown" }, "unknown")
                    : h(
                        "span",
                        { class: row.variance > 0 ? "bad" : "" },
                        money(row.variance, row.node.currency),
                      ),
              },
              {
                name: "share",
                title: "Spent",
                num: true,
                at: 2,
                get: (row) => row.share,
                cell: (row) => percent(row.share),
              },
              {
                name: "done",
                title: "Done",
                num: true,
                at: 2,
                get: (row) => row.node.percent_complete,
                cell: (row) =>
                  row.node.percent_complete === null
                    ? h("span", { class: "unknown" }, "unknown")
                    : `${Math.round(row.node.percent_complete)} %`,
              },
              {
                name: "cpi",
                title: "Cost performance",
                num: true,
                at: 3,
                get: (row) => row.node.cost_performance,
                cell: (row) =>
                  row.node.cost_performance === null
                    ? h("span", { class: "unknown" }, "unknown")
                    : number(row.node.cost_performance),
              },
            ],
          }),
        ),
      );
    }
    fill(
      main,
      section(
        "Unknown",
        "A project without an amount is not free, and not within budget: nobody says.",
        unknown.length
          ? h(
              "ul",
              { class: "plain" },
              unknown.map((node) => h("li", {}, icon("grey"), " ", said(node.name))),
            )
          : nothing("Of every project some amount is known."),
        unknown.length
          ? h(
              "p",
              { class: "table-foot" },
              "Microsoft Project plans bring their costs. For Jira and Azure DevOps name the fields in the configuration: fields: {budget: …, actual_cost: …, forecast_cost: …}.",
            )
          : null,
      ),
    );
  },
};
