// The panel of one item: its dates and where they come from, what it waits for, and each finding as a story.
const DATES = [
  ["Promised", "commitment", (one) => one.commitment_source && `from: ${one.commitment_source}`],
  [
    "First promised",
    "first_commitment",
    (one) =>
      one.push_count
        ? `pushed ${one.push_count} times since, ${number(one.pushed_wd)} working days in all`
        : null,
  ],
  ["Baseline", "baseline_finish", (one) => one.baseline_name],
  ["Start", "start", () => null],
  [
    "Due",
    "due",
    (one) =>
      one.due_source &&
      `from: ${one.due_source}${one.due_source === "iteration" ? " " + one.iteration : one.due_source === "release" ? " " + one.release : one.due_source === "parent" ? " " + one.parent_key : ""}`,
  ],
  ["Forecast, 50 %", "p50", (one) => one.forecast_method],
  [
    "Forecast, 80 %",
    "p80",
    (one) => (one.forecast_references ? `${one.forecast_references} finished items like it` : null),
  ],
  ["Started", "actual_start", () => null],
  ["Finished", "actual_finish", () => null],
];
const PARTS = {
  where: "it is looked at because",
  flag: "it is flagged because",
  filter: "and, here",
  severity: "how grave",
  measure: "measured",
  column: "read from the store",
  parameter: "limits",
};
function valueNode(value) {
  if (value === null || value === undefined) return h("span", { class: "unknown" }, "unknown");
  if (value === true || value === false) return value ? "yes" : "no";
  if (Array.isArray(value))
    return said(
      value
        .map((one) => (one !== null && typeof one === "object" ? JSON.stringify(one) : String(one)))
        .join(", "),
    );
  if (typeof value === "object") return said(JSON.stringify(value));
  return said(String(value));
}
function story(one, isOpen) {
  const rule = D.rules[one.rule] || { title: one.rule };
  let place = 0;
  const terms = (rule.terms || []).map(([part, text, value, by]) => ({
    part,
    text,
    by,
    value: part === "parameter" ? value : one.values ? one.values[place++] : null,
  }));
  const flagged = terms.filter((term) => term.part === "flag" && term.value === true);
  const history = [
    one.opened !== null ? `opened ${fullDay(one.opened)}` : null,
    one.reopened ? `reopened ${plural(one.reopened, "time")}` : null,
    one.state === "resolved"
      ? `resolved ${fullDay(one.resolved)}${one.because ? " (" + one.because + ")" : ""}`
      : `last seen ${fullDay(one.seen)}`,
    one.state === "acknowledged" ? "acknowledged" : null,
    one.muted
      ? `muted by ${one.muted[0]}${one.muted[1] !== null ? " until " + fullDay(one.muted[1]) : ""}${one.muted[2] ? ": " + one.muted[2] : ""}`
      : null,
  ]
    .filter(Boolean)
    .join(" · ");
  return h(
    "details",
    { class: "story", open: isOpen, id: `f-${one.id}` },
    h("summary", {}, severity(one.severity), " ", h("span", {}, rule.title)),
    h("p", { class: "what" }, said(one.message)),
    rule.why ? h("p", {}, rule.why) : null,
    rule.action ? h("p", { class: "advice" }, h("b", {}, "To do: "), rule.action) : null,
    flagged.length
      ? h(
          "p",
          {},
          h("b", {}, "Resolved when "),
          flagged.length > 1 ? "one of these is no longer so: " : "this is no longer so: ",
          flagged.map((term, k) => [k ? "; " : "", h("code", {}, said(term.text))]),
          "; or when it is finished, or leaves what the rule looks at.",
        )
      : null,
    h("h4", {}, "Evidence"),
    h(
      "dl",
      { class: "pairs" },
      one.evidence.map(([name, value]) => [h("dt", {}, words(name)), h("dd", {}, valueNode(value))]),
    ),
    terms.length && one.values
      ? [
          h("h4", {}, "The rule, term by term"),
          h(
            "div",
            { class: "table-box" },
            h(
              "table",
              { class: "terms" },
              h("caption", { class: "sr" }, "Terms of the rule and their values"),
              h(
                "thead",
                {},
                h(
                  "tr",
                  {},
                  ["Part", "Text", "Value now"].map((text) => h("th", { scope: "col" }, text)),
                ),
              ),
              h(
                "tbody",
                {},
                terms.map((term) =>
                  h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, PARTS[term.part] || term.part),
                    h("td", {}, h("code", {}, said(term.text))),
                    h(
                      "td",
                      {},
                      valueNode(term.value),
                      term.part === "parameter" && term.by
                        ? h("span", { class: "sub" }, ` set by ${term.by}`)
                        : null,
                    ),
                  ),
                ),
              ),
            ),
          ),
        ]
      : rule.flag
        ? [
            h("h4", {}, "The rule"),
            h(
              "p",
              {},
              "It looks at every ",
              rule.over,
              rule.where ? [" where ", h("code", {}, said(rule.where))] : null,
              " and flags ",
              h("code", {}, said(rule.flag)),
              ".",
            ),
          ]
        : null,
    h("p", { class: "sub" }, history),
    h(
      "p",
      { class: "sub" },
      `rule ${one.rule}, finding ${one.id} · `,
      h("code", {}, `dovetail explain ${one.id}`),
      rule.docs
        ? [" · ", h("a", { href: rule.docs, rel: "noopener noreferrer", target: "_blank" }, "documentation")]
        : null,
    ),
  );
}
function driverChain(one) {
  const found = [one],
    seen = new Set([one]);
  for (let step = one; step.driver !== null && step.driver !== undefined;) {
    step = ITEMS[step.driver];
    if (!step || seen.has(step) || found.length > 12) break;
    seen.add(step);
    found.push(step);
  }
  return found;
}
function panelBody(one, findingId) {
  const finding = FINDINGS.find((each) => each.id === findingId);
  if (!one)
    return finding
      ? [
          h(
            "h2",
            { id: "panel-title", tabindex: "-1" },
            said(finding.key ?? capital(words(finding.subject))),
          ),
          story(finding, true),
        ]
      : [
          h("h2", { id: "panel-title", tabindex: "-1" }, "Not on this page"),
          h(
            "p",
            {},
            "The link names something that this page does not hold: it may be finished, or the page is newer than the link.",
          ),
        ];
  const chain = driverChain(one),
    waits = EDGES.filter((edge) => edge.b === one),
    frees = EDGES.filter((edge) => edge.a === one);
  const risk = D.risks.rows.find((row) => row.item === one.place);
  const events = D.events[one.place] || [];
  const findings = [...one.found].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
  const parent = one.parent === null ? null : ITEMS[one.parent];
  return [
    h(
      "p",
      { class: "sub" },
      kindWord(one),
      " · ",
      said(nodeName(unitOf(one))),
      parent ? [" · in ", itemLink(parent)] : null,
    ),
    h("h2", { id: "panel-title", tabindex: "-1" }, said(one.key, { class: "key" }), " ", said(one.title)),
    h(
      "p",
      { class: "facts" },
      health(one.health),
      said(one.status || one.state),
      h("span", {}, "Owner: ", owner(one)),
      one.team ? said(one.team) : null,
      one.blocked ? h("span", { class: "bad" }, "blocked") : null,
      one.stale ? h("span", { class: "warn" }, "its tracker could not be read") : null,
      one.critical ? h("span", {}, "on the critical path") : null,
    ),
    one.why ? h("p", {}, h("b", {}, "Health: "), said(one.why)) : null,
    one.url
      ? h(
          "p",
          {},
          h(
            "a",
            { class: "button", href: one.url, rel: "noopener noreferrer", target: "_blank" },
            `Open in its tracker ↗`,
          ),
        )
      : null,
    h("h3", {}, "Dates"),
    h(
      "dl",
      { class: "pairs dates" },
      DATES.filter(([, name]) => one[name] !== null).map(([text, name, from]) => [
        h("dt", {}, text),
        h("dd", {}, fullDay(one[name]), from(one) ? h("span", { class: "sub" }, ` ${from(one)}`) : null),
      ]),
      h("dt", {}, "Slip"),
      h("dd", {}, slipCell(one), one.slip_pair ? h("span", { class: "sub" }, ` ${one.slip_pair}`) : null),
    ),
    chain.length > 1
      ? [
          h("h3", {}, "What drives its start"),
          h("ol", { class: "chains" }, chainRow([one.place, chain.slice(1).map((each) => each.place)])),
        ]
      : null,
    risk
      ? [
          h("h3", {}, "Risk"),
          h(
            "dl",
            { class: "pairs" },
            [
              [
                "Exposure",
                risk.exposure === null
                  ? null
                  : `${risk.exposure} = probability ${risk.probability} × impact ${risk.impact}`,
              ],
              ["Response", risk.response],
              ["Response due", risk.response_due === null ? null : fullDay(risk.response_due)],
              ["Review due", risk.review_due === null ? null : fullDay(risk.review_due)],
              ["Last review", risk.last_review === null ? null : fullDay(risk.last_review)],
              ["Open mitigations", risk.open_mitigations],
            ].map(([name, value]) => [h("dt", {}, name), h("dd", {}, valueNode(value))]),
          ),
        ]
      : null,
    findings.length
      ? [
          h("h3", {}, plural(findings.length, "finding")),
          findings.map((each, k) => story(each, findingId ? each.id === findingId : k === 0)),
        ]
      : h("p", { class: "sub" }, "No finding is open about it."),
    waits.length || frees.length
      ? [
          h("h3", {}, "Dependencies"),
          h(
            "ul",
            { class: "plain" },
            waits.map((edge) =>
              h(
                "li",
                {},
                "waits for ",
                edge.a ? itemLink(edge.a) : "something out of sight",
                h("span", { class: edge.status === "late" ? "bad" : "sub" }, ` ${STATUS[edge.status]}`),
              ),
            ),
            frees.map((edge) =>
              h(
                "li",
                {},
                "is awaited by ",
                edge.b ? itemLink(edge.b) : "something out of sight",
                h("span", { class: edge.status === "late" ? "bad" : "sub" }, ` ${STATUS[edge.status]}`),
              ),
            ),
          ),
          h("p", {}, h("a", { href: to("dependencies", { focus: one.id }) }, "Show its chain")),
        ]
      : null,
    events.length
      ? [
          h("h3", {}, "What happened"),
          h(
            "ul",
            { class: "plain events" },
            events.map(([day, field, before, after, by]) =>
              h(
                "li",
                {},
                h("span", { class: "num" }, fullDay(day)),
                ` ${words(field)}: `,
                said(before ?? "none"),
                " → ",
                said(after ?? "none"),
                by ? h("span", { class: "sub" }, " ", said(by)) : null,
              ),
            ),
          ),
        ]
      : null,
  ];
}
let cameFrom = null;
function drawPanel() {
  const panel = document.getElementById("panel");
  const isOpen = Boolean(state.item || state.finding);
  const was = !panel.hidden;
  panel.hidden = !isOpen;
  document.body.classList.toggle("has-panel", isOpen);
  if (!isOpen) {
    panel.replaceChildren();
    if (was && cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
    return;
  }
  if (!was) cameFrom = document.activeElement;
  panel.replaceChildren(
    h(
      "div",
      { class: "panel-head" },
      h(
        "a",
        {
          class: "close",
          href: address({ item: null, finding: null }),
          "data-keep": "1",
          "aria-label": "Close",
        },
        "✕",
      ),
    ),
    h("div", { class: "panel-body" }, panelBody(BY_ID.get(state.item), state.finding)),
  );
  panel.scrollTop = 0;
  document.getElementById("panel-title")?.focus({ preventScroll: true });
}
