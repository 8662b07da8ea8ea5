"""`dovetail reconcile`: the same work side by side in every tracker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, Row, emit, print_line
from commands.session import Session, session_of
from commands.table import Column, plain
from commands.text import plural
from portfolio.errors import UsageError
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from store import Store
    from sync.masters import Masters
    from sync.reconcile import SideBySide

_FIELDS = (
    "item_id", "source", "key", "field", "value", "differs", "is_confirmed", "changed_at", "changed_by",
    "is_master",
)  # fmt: skip
_POSSIBLE_SHOWN = 5


@click.command(cls=Verb)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option(
    "--history",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="So many of the latest changes are told where the sides differ.",
)
@click.option(
    "--fix",
    "is_fix",
    is_flag=True,
    help="Make a plan that gives twins the dates of their declared master. Nothing is written.",
)
@click.option(
    "--output",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --fix: keep the plan in a file, for `dovetail apply FILE`.",
)
@format_option()
@session_of
def reconcile(
    session: Session,
    keys: Sequence[str],
    history: int,
    is_fix: bool,
    output: Path | None,
    output_format: Format,
) -> int:
    """Show the same piece of work side by side in every tracker, with the differences.

    With keys (`CHK-12`, `boards:1234`, an item id), those items beside their counterparts in all trackers,
    and who changed what and when; without, every pair of counterparts that differ. What is not confirmed to
    be the same work is marked with `?`; `dovetail twins` says what speaks for it. Nothing is changed.

    With --fix, a plan is made that writes the dates of the tracker that `reconcile: {master: …}` declares to
    be right, where `write.fields` of the other one lets Dovetail write them. Read it, then apply it.

    \b
      dovetail reconcile
      dovetail reconcile CHK-12
      dovetail reconcile --fix --output fix.json
      dovetail reconcile boards:1234 --history 30
      dovetail reconcile --format csv > differences.csv
    """
    if output is not None and not is_fix:
        raise UsageError("--output goes with --fix.", hint="`--format csv > FILE` keeps the differences.")
    config = session.config()
    if is_fix:
        from commands.reconcile_fix import make_fix

        return make_fix(session, config, keys, output, output_format)
    with session.store(config) as store:
        if keys:
            from sync.reconcile import side_by_side

            groups = [group for key in keys for group in side_by_side(store, key)]
            if output_format == "table":
                for number, group in enumerate(groups):
                    if number:
                        print_line()
                    _show_group(session, store, group, history, config.masters)
            else:
                rows = [row for group in groups for row in _rows(group, store, config.masters)]
                emit(Listing(rows=rows, columns=(), empty="", fields=_FIELDS), output_format)
            return 0
        from sync.reconcile import is_merely_possible, unequal_pairs

        unequal = unequal_pairs(store)
        pairs = list(store.rows("twin"))
    possible = sum(map(is_merely_possible, pairs))
    every = len(pairs) - possible
    emit(_pairs(unequal, every), output_format)
    if unequal:
        session.talk.say(
            f"{plural(len(unequal), 'pair')} of {every:,} differ. "
            "`dovetail reconcile KEY` shows one side by side."
        )
    if possible:
        session.talk.say(f"{plural(possible, 'pair')} more may be the same work: `dovetail twins suggest`.")
    return 0


def _show_group(session: Session, store: Store, group: SideBySide, history: int, masters: Masters) -> None:
    changes = group.last_changes(store)
    columns = [
        Column(name="differs", title=" ", shown=lambda row: "!=" if row["differs"] else ""),
        Column(name="field"),
        *(
            Column(name=f"side{number}", title=_heading(group, item), is_verbatim=True, wraps=True)
            for number, item in enumerate(group.items)
        ),
    ]
    rows: list[Row] = [
        {
            "differs": is_different,
            "field": name.replace("_", " "),
            **{
                f"side{number}": f"{_side(value)}{_changed(changes.get((item['item_id'], name)))}"
                f"{' (master)' if is_different and _is_master(masters, item, name) else ''}"
                for number, (item, value) in enumerate(zip(group.items, values, strict=True))
            },
        }
        for name, values, is_different in group.lines()
    ]
    emit(Listing(rows=rows, columns=columns, empty=""))
    _show_history(session, store, group, history)
    _say_what_holds_it(session, group)


def _show_history(session: Session, store: Store, group: SideBySide, history: int) -> None:
    told = group.timeline(store)
    latest = told[-history:] if history else []
    if latest:
        keys = {item["item_id"]: f"{item['source']} {item['key']}" for item in group.items}
        print_line()
        emit(
            Listing(
                rows=[{**row, "where": keys[row["item_id"]]} for row in latest],
                columns=[
                    Column(name="at", title="when"),
                    Column(name="where"),
                    Column(name="by", title="who", shown=lambda row: row["by"] or "unknown"),
                    Column(name="field", title="what", shown=lambda row: str(row["field"]).replace("_", " ")),
                    Column(name="before", wraps=True, shown=lambda row: _side(row["before"])),
                    Column(name="after", wraps=True, shown=lambda row: _side(row["after"])),
                ],
                empty="",
            )
        )
    if len(told) > len(latest) and history:
        session.talk.say(f"{plural(len(told) - len(latest), 'earlier change')}: --history.")
    silent = group.without_history(store) if group.differences else []
    if silent:
        verb = "tells" if len(silent) == 1 else "tell"
        session.talk.say(f"{', '.join(silent)} {verb} no history: who changed what there is unknown.")


def _say_what_holds_it(session: Session, group: SideBySide) -> None:
    first = group.items[0]
    if len(group.items) == 1:
        missing = [str(pair["missing_side"]) for pair in group.pairs if pair["missing_side"]]
        where = f": {', '.join(missing)} is not in the store" if missing else " in another tracker"
        session.talk.say(f"{first['key']} has no counterpart{where}.")
    else:
        what = ", ".join(name.replace("_", " ") for name in group.differences)
        said = [f"They differ in {what}." if what else "They agree."]
        for is_confirmed, words in (
            (True, "Known to be the same work by"),
            (False, "Not confirmed; said by"),
        ):
            # Several kinds may speak for one pair, and the same kind for several pairs.
            kinds = {
                kind
                for pair in group.pairs
                if pair["is_confirmed"] == is_confirmed and pair["b_id"] is not None
                for kind in str(pair["evidence"]).split(", ")
            }
            said += [f"{words}: {', '.join(sorted(kinds))}."] if kinds else []
        session.talk.say(" ".join(said))
    known = {item["item_id"] for item in group.items}
    for pair in group.possible[:_POSSIBLE_SHOWN]:
        side = "b" if pair["a_id"] in known else "a"
        other = f"{str(pair[f'{side}_id']).partition('/')[0]}:{pair[f'{side}_key']}"
        session.talk.say(f"May be the same work: {other} ({pair['evidence']}, {pair['confidence']:.0%}).")
    if len(group.possible) > _POSSIBLE_SHOWN:
        session.talk.say(f"{len(group.possible) - _POSSIBLE_SHOWN:,} more: `dovetail twins suggest`.")


def _heading(group: SideBySide, item: Mapping[str, Any]) -> str:
    doubt = "? " if item["item_id"] in group.unconfirmed else ""
    return f"{doubt}{item['source']} {item['key']}"


def _is_master(masters: Masters, item: Mapping[str, Any], name: str) -> bool:
    """Whether this side is declared to be right about a field."""
    return masters.of(item["project"] or item["program"]).get(name) == str(item["source"])


def _rows(group: SideBySide, store: Store, masters: Masters) -> list[Mapping[str, Any]]:
    changes = group.last_changes(store)
    rows: list[Mapping[str, Any]] = []
    for name, values, is_different in group.lines():
        for item, value in zip(group.items, values, strict=True):
            change = changes.get((item["item_id"], name), {})
            rows.append(
                {
                    "item_id": item["item_id"],
                    "source": item["source"],
                    "key": item["key"],
                    "field": name,
                    "value": value,
                    "differs": is_different,
                    "is_confirmed": item["item_id"] not in group.unconfirmed,
                    "changed_at": change.get("at"),
                    "changed_by": change.get("by"),
                    "is_master": _is_master(masters, item, name),
                }
            )
    return rows


def _pairs(rows: Sequence[Row], every: int) -> Listing:
    empty = f"No differences: {plural(every, 'pair')} of counterparts agree."
    if not every:
        empty = "No work is known to stand in two trackers. `dovetail twins confirm` can name pairs."
    return Listing(
        rows=rows,
        columns=[
            Column(name="a_key", title="one", shown=lambda row: _named(row, "a")),
            Column(name="b_key", title="other", shown=lambda row: _named(row, "b")),
            Column(name="difference", wraps=True, shown=_difference),
            Column(name="evidence", wraps=True, optional=1, shown=_evidence),
        ],
        empty=empty,
        fields=VIEWS["twin"].names,
    )


def _named(row: Row, side: str) -> str:
    ident = row[f"{side}_id"]
    return "" if ident is None else f"{str(ident).partition('/')[0]}:{row[f'{side}_key']}"


def _evidence(row: Row) -> str:
    doubt = "" if row["is_confirmed"] or row["missing_side"] else " (not confirmed)"
    return f"{row['evidence']}{doubt}"


def _difference(row: Row) -> str:
    if row["missing_side"]:
        return f"no counterpart: {row['missing_side']} is not in the store"
    gap = row["due_gap_wd"]
    parts = [f"due {plural(abs(gap), 'working day')} apart"] if isinstance(gap, int) and gap else []
    parts += ["state"] if row["state_differs"] else []
    parts += ["owner"] if row["owner_differs"] else []
    return ", ".join(parts)


def _side(value: Any) -> str:
    return "unknown" if value is None else plain(value)


def _changed(change: Any) -> str:
    """Who set it so, where that is known: with them the question starts."""
    if change is None:
        return ""
    return f" (set {change['at']:%Y-%m-%d}{' by ' + str(change['by']) if change['by'] else ''})"
