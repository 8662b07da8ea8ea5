// The frame around the views, the way between them, keys, tips and themes.
const ORDER = [
  "overview",
  "roadmap",
  "slips",
  "risks",
  "people",
  "dependencies",
  "costs",
  "quality",
  "metrics",
  "findings",
  "items",
];
const root = document.documentElement;
const kept = {
  get: () => {
    try {
      return localStorage.getItem("dovetail-theme");
    } catch {
      return null;
    }
  },
  set: (value) => {
    try {
      localStorage.setItem("dovetail-theme", value);
    } catch {
      /* a page from a share may keep nothing */
    }
  },
};
const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
function setTheme(name) {
  root.dataset.theme = name;
  kept.set(name);
  document.getElementById("theme").textContent = name === "dark" ? "Light" : "Dark";
}
function frame() {
  const options = D.nodes
    .filter((node) => node.level !== "portfolio")
    .map((node) =>
      h("option", { value: node.slug }, `${"\u00a0\u00a0".repeat(Math.max(0, node.depth - 1))}${node.name}`),
    );
  fill(
    document.getElementById("app"),
    h(
      "header",
      { class: "top" },
      h(
        "div",
        { class: "name" },
        h("p", { class: "title" }, said(D.title)),
        h("p", { class: "when" }, `${fullDay(D.today)}, changes since ${D.sinceWhat}`),
      ),
      h(
        "form",
        { class: "find", role: "search", onsubmit: (event) => event.preventDefault() },
        options.length > 1
          ? h(
              "label",
              {},
              h("span", { class: "sr" }, D.hasTree ? "Programme or project" : "Plan"),
              h(
                "select",
                {
                  id: "project",
                  onchange: (event) => go({ project: event.target.value || null, item: null, finding: null }),
                },
                h("option", { value: "" }, D.hasTree ? "All projects" : "All plans"),
                options,
              ),
            )
          : null,
        h(
          "label",
          {},
          h("span", { class: "sr" }, "Search keys, titles, owners"),
          h("input", {
            id: "search",
            type: "search",
            placeholder: "Search  ( / )",
            autocomplete: "off",
            spellcheck: "false",
            oninput: later(200, (event) => seek(event.target.value)),
          }),
        ),
      ),
      h(
        "div",
        { class: "acts" },
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            id: "theme",
            onclick: () => setTheme(isDark() ? "light" : "dark"),
          },
          isDark() ? "Light" : "Dark",
        ),
        h("button", { type: "button", class: "quiet wide-only", onclick: () => window.print() }, "Print"),
      ),
    ),
    h(
      "nav",
      { class: "tabs", "aria-label": "Views" },
      h(
        "ul",
        {},
        ORDER.map((name) =>
          h(
            "li",
            {},
            h(
              "a",
              { "data-view": name, href: `#${name}` },
              VIEWS[name].title,
              VIEWS[name].count ? h("span", { class: "badge" }, number(VIEWS[name].count())) : null,
            ),
          ),
        ),
      ),
    ),
    D.notes.length
      ? h(
          "div",
          { class: "banner", role: "status" },
          D.notes.map((text) => h("p", {}, icon("amber"), " ", said(text))),
        )
      : null,
    h("main", { id: "main", tabindex: "-1" }),
    h("aside", { id: "panel", hidden: true, "aria-labelledby": "panel-title" }),
    h("div", { id: "tip", role: "presentation", hidden: true }),
    h("p", { id: "told", class: "sr", "aria-live": "polite" }),
    h(
      "footer",
      {},
      h(
        "p",
        {},
        `Made ${D.made} by dovetail${D.version ? " " + D.version : ""} from what the last run stored. This file asks nobody: it works offline, mailed and on a share. `,
        h("a", { href: "#all" }, "All views on one page, for printing"),
        ". Keys: ",
        h("kbd", {}, "/"),
        " search, ",
        h("kbd", {}, "1"),
        "–",
        h("kbd", {}, "9"),
        " views, ",
        h("kbd", {}, "Esc"),
        " close.",
      ),
    ),
  );
}
function later(milliseconds, then) {
  let timer = 0;
  return (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => then(event), milliseconds);
  };
}
function seek(text) {
  const asked = text.trim();
  // From a view that lists nothing that could be found, the search goes on in the list of all items.
  const listing = ["overview", "costs", "quality", "metrics"].includes(state.view);
  location.replace(
    listing && asked ? to("items", { q: asked }) : address({ q: asked || null, item: null, finding: null }),
  );
}
let drawn = "";
function draw(event) {
  const before = state;
  state = parse(location.hash);
  // An item that is opened or closed leaves the view as it is, and the focus in it.
  const key = JSON.stringify(
    Object.entries(state)
      .filter(([name]) => !["item", "finding", "theme"].includes(name))
      .sort(),
  );
  const main = document.getElementById("main");
  if (key !== drawn) {
    drawn = key;
    const samePlace = before.view === state.view;
    const at = window.scrollY;
    main.replaceChildren();
    const names = state.view === "all" ? ORDER.slice(0, 9) : [state.view];
    for (const name of names) {
      const view = VIEWS[name];
      const box = names.length > 1 ? h("article", { class: "sheet" }) : main;
      box.append(
        h(
          "h1",
          { tabindex: "-1" },
          view.title,
          state.project
            ? h(
                "span",
                { class: "of-project" },
                " · ",
                said(nodeName(state.project)),
                " ",
                h("a", { href: address({ project: null, item: null }), class: "quiet-link" }, "all projects"),
              )
            : null,
        ),
      );
      view.draw(box);
      if (box !== main) main.append(box);
    }
    document.title = `${D.title}: ${state.view === "all" ? "all views" : VIEWS[state.view].title}`;
    if (event && samePlace) window.scrollTo(0, at);
    else if (event) {
      window.scrollTo(0, 0);
      if (document.activeElement?.id !== "search") main.querySelector("h1")?.focus({ preventScroll: true });
    }
    document.getElementById("told").textContent = main.querySelector(".lead")?.textContent || "";
  }
  for (const link of document.querySelectorAll("[data-view]")) {
    const isOn = link.dataset.view === state.view;
    if (isOn) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.href = to(link.dataset.view, {});
    if (isOn) link.parentElement.parentElement.scrollTo?.({ left: link.offsetLeft - 60 });
  }
  const select = document.getElementById("project"),
    search = document.getElementById("search");
  if (select) select.value = state.project || "";
  if (document.activeElement !== search) search.value = state.q || "";
  drawPanel();
}
function tips() {
  const tip = document.getElementById("tip");
  const show = (event) => {
    const mark = event.target.closest?.("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.getAttribute("data-tip");
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(window.innerWidth - box.width - 8, event.clientX + 14))}px`;
    tip.style.top = `${event.clientY + 18 + box.height > window.innerHeight ? event.clientY - box.height - 12 : event.clientY + 18}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerleave", () => (tip.hidden = true));
  document.addEventListener("scroll", () => (tip.hidden = true), { passive: true });
  document.addEventListener("click", (event) => {
    tip.hidden = true;
    const mark = event.target.closest?.("svg [data-item]");
    if (!mark) return;
    const id = mark.getAttribute("data-item");
    go(mark.hasAttribute("data-node") && state.focus !== id ? { focus: id } : { item: id });
  });
}
document.addEventListener("keydown", (event) => {
  const isTyping = /^(input|select|textarea)$/i.test(event.target.tagName);
  if (event.key === "Escape") {
    if (state.item || state.finding) go({ item: null, finding: null });
    else if (isTyping) event.target.blur();
  } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search").focus();
    } else if (/^[1-9]$/.test(event.key)) location.hash = to(ORDER[Number(event.key) - 1], {});
  }
});
const theme = kept.get();
if (theme === "dark" || theme === "light") root.dataset.theme = theme;
frame();
tips();
draw();
window.addEventListener("hashchange", draw);
let room = window.innerWidth;
window.addEventListener(
  "resize",
  later(150, () => {
    if (room !== window.innerWidth) {
      room = window.innerWidth;
      drawn = "";
      draw();
    }
  }),
);
for (const [name, paper] of [
  ["beforeprint", true],
  ["afterprint", false],
])
  window.addEventListener(name, () => {
    onPaper = paper;
    drawn = "";
    draw();
  });
// When it can be used: after the frame that shows the first view.
requestAnimationFrame(() => requestAnimationFrame(() => (root.dataset.ready = performance.now().toFixed(0))));
