// From the columns of the page's data to rows. Texts that repeat are written once and named by their place.
const D = JSON.parse(document.getElementById("data").textContent);
const FLAGS = ["done", "committed", "milestone", "blocked", "stale", "critical", "summary", "leaf", "work"];
const ITEM_TEXTS = [
  "source",
  "kind",
  "project",
  "state",
  "status",
  "owner",
  "owner_problem",
  "team",
  "due_source",
  "iteration",
  "release",
  "commitment_source",
  "baseline_name",
  "forecast_method",
  "slip_pair",
  "health",
  "health_declared",
  "worst_finding",
  "schedule_id",
  "parent_key",
];
const FINDING_TEXTS = ["rule", "severity", "state", "subject", "project", "because"];

function rowsOf(columns, texts) {
  const names = Object.keys(columns);
  const count = names.length ? columns[names[0]].length : 0;
  const isText = new Set(texts);
  const rows = Array.from({ length: count }, (_, place) => ({ place }));
  for (const name of names) {
    const values = columns[name];
    if (isText.has(name))
      for (let i = 0; i < count; i++) rows[i][name] = values[i] === null ? null : D.texts[values[i]];
    else for (let i = 0; i < count; i++) rows[i][name] = values[i];
  }
  return rows;
}
const ITEMS = rowsOf(D.items, ITEM_TEXTS);
for (const one of ITEMS) {
  FLAGS.forEach((name, bit) => (one[name] = (one.flags >> bit) % 2 === 1));
  one.finish = one.actual_finish ?? one.p50 ?? one.due;
  one.found = [];
}
const FINDINGS = rowsOf(D.findings, FINDING_TEXTS);
for (const one of FINDINGS) {
  one.live = one.state === "open" || one.state === "acknowledged";
  one.about = one.item === null ? null : ITEMS[one.item];
  if (one.about && one.live) one.about.found.push(one);
  one.at = one.about ? one.about.project : one.project;
}
const BY_ID = new Map(ITEMS.map((one) => [one.id, one]));
const NODES = new Map(D.nodes.map((one) => [one.slug, one]));
const nodeName = (slug) =>
  slug === null || slug === undefined ? "Outside the tree" : (NODES.get(slug)?.name ?? slug);
const UNITS = D.nodes.filter((one) => one.level === "project" || one.level === "schedule");
const isOpen = (one) => !one.done && one.state !== "removed";
const OPEN = ITEMS.filter(isOpen);
// How many pieces of work these are: work that stands in two trackers (confirmed twins) counts once.
const pieces = (items) => new Set(items.map((one) => one.piece ?? one.place)).size;
const unitOf = (one) => (D.hasTree ? one.project : one.schedule_id);

// The units that a choice of the project filter holds: itself, and what is below it.
function below(slug) {
  const found = new Set([slug]);
  for (const node of D.nodes) if (found.has(node.parent)) found.add(node.slug);
  return found;
}
