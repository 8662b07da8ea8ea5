// Where the reader is: the view and its filters stand in the address, so that every one of them is a link.
const VIEWS = {}; // name → {title, short, about, count(), draw(main)}
let state = {};

function parse(hash) {
  const [view, query] = hash.replace(/^#/, "").split("?");
  const found = Object.fromEntries(new URLSearchParams(query || ""));
  return { ...found, view: Object.hasOwn(VIEWS, view) || view === "all" ? view : "overview" };
}
function address(changes) {
  const next = { ...state, ...changes };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(next)) {
    if (name !== "view" && value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `#${next.view}${text ? "?" + text : ""}`;
}
const go = (changes) => {
  location.hash = address(changes);
};
// Another view keeps the project and the words that are looked for; what belongs to one view alone goes.
const to = (view, changes) =>
  address({
    ...Object.fromEntries(Object.keys(state).map((name) => [name, null])),
    project: state.project,
    q: state.q,
    ...changes,
    view,
  });
const itemAddress = (one) => address({ item: one.id, finding: null });

function inScope(slug) {
  return !state.project || below(state.project).has(slug);
}
let scopeOf = null;
function scope() {
  if (!scopeOf || scopeOf.slug !== state.project)
    scopeOf = { slug: state.project, set: state.project ? below(state.project) : null };
  return scopeOf.set;
}
const fold = (text) => (text || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
function haystack(one) {
  one.hay ??= fold([one.key, one.title, one.owner, one.team, one.status, nodeName(unitOf(one))].join(" \n "));
  return one.hay;
}
const wordsSought = () => fold(state.q).split(/\s+/).filter(Boolean);
// Whether an item stands in the chosen project and has all the words that are looked for.
function sought() {
  const slugs = scope();
  const parts = wordsSought();
  return (one) => (!slugs || slugs.has(unitOf(one))) && parts.every((part) => haystack(one).includes(part));
}
function soughtFinding() {
  const slugs = scope();
  const parts = wordsSought();
  return (one) => {
    if (slugs && !slugs.has(one.about ? unitOf(one.about) : one.at)) return false;
    one.hay ??= fold([one.key, one.message, one.rule, D.rules[one.rule]?.title].join(" \n "));
    return parts.every((part) => one.hay.includes(part) || (one.about && haystack(one.about).includes(part)));
  };
}
