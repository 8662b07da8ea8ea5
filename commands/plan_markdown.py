"""A plan as Markdown, for a change ticket. All text of trackers is escaped: it is shown, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from commands.text import clean, plural
from sync.plan_file import table_rows

if TYPE_CHECKING:
    from sync.plan_file import Plan

# Whatever CommonMark, tables, strike-through or mathematics could read as more than text, in a line ...
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
# ... and at its beginning: a heading, a list, a line below a heading.
_LEADING = re.compile(r"^(\s*(?:[0-9]+(?=[.)]))?)([-+#=.)])")
# What is skipped, folded, and left alone is said after the writes.
_WRITES = ("comment", "edit", "set", "delete", "clear")
_NO_PROJECT = "No project"


def plan_markdown(plan: Plan, projects: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The whole plan.

    Args:
        plan: what is planned.
        projects: names of projects and programmes, by slug.
        rows: of `table_rows`, with what is skipped for one reason folded into one row.
    """
    return "\n".join(_lines(plan, projects, rows)) + "\n"


def verified_markdown(rows: Sequence[Mapping[str, Any]], methods: Mapping[str, str]) -> str:
    """What the trackers say of the writes, as one more section."""
    lines = ["", "## Asked before writing", ""]
    lines += [f"- {escaped(source)}: {escaped(how)}" for source, how in methods.items()]
    told = [row for row in rows if row["answer"] != "accepted"]
    if told:
        names = ("source", "key", "field", "answer", "reason")
        lines += [
            "",
            *_table(("Tracker", "Item", "Field", "Answer", "Why"), ([r[n] for n in names] for r in told)),
        ]
    return "\n".join(lines) + "\n"


def escaped(value: object) -> str:
    """A text on one line that Markdown shows as it is: no markup, no link, no image, no mention, no HTML."""
    if value is None:
        return "—"
    if isinstance(value, (int, float)):
        return str(value)
    text = clean(str(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
    # A bare address becomes a link, and a name after @ a mention with mail, in most ticket systems.
    text = re.sub(r"(?i)(https?|ftp|mailto|xmpp|javascript):", r"\1&#58;", text)
    return re.sub(r"(?i)\bwww\.", "www&#46;", text).replace("@", "&#64;&#8203;")


def _lines(plan: Plan, projects: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "# Dovetail: planned writes"
    yield ""
    yield f"- Plan: `{plan.hash}`"
    yield f"- Made: {plan.created_at:%Y-%m-%d %H:%M} UTC, run {escaped(plan.run_id)}"
    yield f"- Can be applied until: {plan.expires_at:%Y-%m-%d %H:%M} UTC"
    yield f"- Total: {_total(plan)}"
    for source in plan.sources:
        yield from _source(plan, source, projects, rows)
    left = [row for row in rows if row["action"] not in _WRITES]
    if left:
        yield from ("", "## Left as it is", "")
        yield from _table(
            ("Tracker", "Item", "What", "Field", "Stands there", "Why"),
            (
                [row[name] for name in ("source", "key", "action", "field", "before", "reason")]
                for row in left
            ),
        )
    for title, sentences in (
        ("Sources without writes because they failed", plan.failed.values()),
        ("Notes", plan.notes),
    ):
        if sentences:
            yield from ("", f"## {title}", "")
            yield from (f"- {escaped(sentence)}" for sentence in sentences)


def _source(
    plan: Plan, source: str, projects: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    place = plan.places.get(source, "")
    yield ""
    yield f"## {escaped(source)}{f' ({escaped(place)})' if place else ''}"
    yield ""
    writes = [row for row in rows if row["source"] == source and row["action"] in _WRITES]
    cost = plan.cost.get(source)
    costs = [plural(len(writes), "write")]
    if cost is not None and writes:
        costs.append(f"about {plural(cost.requests, 'request')}")
        if cost.budget and cost.budget_unit and cost.budget_unit != "requests":
            costs.append(f"{cost.budget:,} of the rate limit's {escaped(cost.budget_unit)}")
        costs.append(f"{plural(cost.emails, 'mail')} to watchers" if cost.emails else "no mail")
    yield f"{'; '.join(costs)}." if writes else "Nothing to write."
    for (program, project), group in groupby(writes, key=lambda row: (row["program"], row["project"])):
        yield ""
        yield f"### {_title(program, project, projects)}"
        yield ""
        yield from _table(
            ("Item", "What", "Field", "Old", "New", "Why", "Rules"),
            (
                [
                    *(row[name] for name in ("key", "action", "field", "before", "after", "reason")),
                    ", ".join(row["rules"]) or None,
                ]
                for row in group
            ),
        )


def _title(program: str | None, project: str | None, names: Mapping[str, str]) -> str:
    told = [escaped(names.get(one, one)) for one in (program, project) if one is not None]
    return " / ".join(told) or _NO_PROJECT


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(escaped(value) for value in row)} |"


def _total(plan: Plan) -> str:
    rows = table_rows(plan)
    counts = {
        word: sum(row["action"] == action for row in rows)
        for action, word in (
            ("comment", "new comment"),
            ("edit", "edited comment"),
            ("delete", "deleted comment"),
            ("set", "field"),
            ("clear", "emptied field"),
        )
    }
    parts = [plural(count, word) for word, count in counts.items() if count]
    requests = sum(one.requests for one in plan.cost.values())
    mails = sum(one.emails for one in plan.cost.values())
    told = plural(len(plan.writes), "write") + (f" ({', '.join(parts)})" if parts else "")
    return f"{told}; about {plural(requests, 'request')}; {plural(mails, 'mail')} to watchers"
