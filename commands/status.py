"""`dovetail status`: what ran, how fresh everything is, what is open."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from commands.finding_rows import LIVE, severities
from commands.forecast_rows import forecast_listing
from commands.group import Verb
from commands.options import format_option
from commands.output import Format, Listing, Row, emit
from commands.paragraphs import print_heading, print_pairs
from commands.safety_rows import safety_rows
from commands.session import Session, session_of, utc_now
from commands.table import Column
from portfolio.views import VIEWS

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config

_RUNS_SHOWN = 8
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(cls=Verb)
@format_option()
@session_of
def status(session: Session, output_format: Format) -> int:
    """Show how fresh each source is, what is open, how good the forecasts were, and how the last runs ended.

    Forecasts stand there once work that was forecast has been done; `dovetail export calibration` has all of
    their figures. For programs (--format json, jsonl or csv) the rows are those of the view `source`;
    `dovetail export run` has the runs.

    \b
      dovetail status
      dovetail status --format json
    """
    config = session.config()
    with session.store(config) as store:
        rows = _sources(store, config)
        if output_format != "table":
            emit(Listing(rows=rows, columns=(), empty="", fields=VIEWS["source"].names), output_format)
            return 0
        counts = store.counts()
        print_pairs(
            [
                ("configuration", str(config.path)),
                ("store", store.url),
                ("items", f"{counts['item']:,}"),
                ("findings", _open(store)),
                ("failed writes", _failed(store)),
                ("writing", _writing(config, store)),
            ]
        )
        print_heading("Sources")
        emit(_source_listing(rows, utc_now()))
        forecasts = sorted(store.rows("calibration"), key=lambda row: str(row["class"]))
        if forecasts:
            print_heading("Forecasts of what is done by now")
            emit(forecast_listing(forecasts))
        print_heading("Last runs")
        emit(_run_listing(_runs(store)))
    for row in rows:
        if row["error"]:
            session.talk.warn(f"{row['source']} is stale: {row['error']}")
        if row["held_because"]:
            session.talk.warn(
                f"{row['source']} is held: {row['held_because']}. An applied plan lifts it (`dovetail plan`)."
            )
    return 0


def _sources(store: Store, config: Config) -> list[dict[str, Any]]:
    """The configured sources, also those that were never read; then those that are configured no more."""
    stored = {str(row["source"]): row for row in store.rows("source")}
    names = VIEWS["source"].names
    rows: list[dict[str, Any]] = []
    for source in config.sources:
        empty: dict[str, Any] = dict.fromkeys(names)
        empty |= {"source": source.name, "kind": source.kind.name, "is_stale": False, "is_armed": False}
        rows.append(stored.pop(source.name, empty | {"item_count": 0}))
    return [*rows, *stored.values()]


def _open(store: Store) -> str:
    counts = Counter(one.severity for one in store.findings(states=LIVE))
    return f"{severities(counts, noun='open finding')}"


def _failed(store: Store) -> str:
    """How many places could not be written, by state; the names are those of `dovetail errors list`."""
    counts = Counter(one.state for one in store.failed_writes())
    return ", ".join(f"{counts[state]:,} {state}" for state in sorted(counts)) or "none"


def _writing(config: Config, store: Store) -> str:
    """What holds writes back now; the settings where nothing does."""
    rows = list(safety_rows(config, store, utc_now()))
    held = [f"{one.name}: {one.message}" for one in rows if one.holds]
    told = [f"{one.name}: {one.message}" for one in rows if one.message != "none" and not one.holds]
    return "; ".join(held) or f"not held back; {'; '.join(told)}"


def _source_listing(rows: list[dict[str, Any]], now: datetime) -> Listing:
    return Listing(
        rows=rows,
        columns=[
            Column(name="source"),
            Column(name="kind", optional=2),
            Column(name="state", shown=_state),
            Column(name="last_good_at", title="last read", shown=lambda row: ago(row["last_good_at"], now)),
            Column(name="item_count", title="items", is_number=True),
            Column(name="is_armed", title="writes", shown=_writes, optional=1),
        ],
        empty="No source is configured.",
    )


def _run_listing(rows: list[dict[str, Any]]) -> Listing:
    return Listing(
        rows=rows,
        columns=[
            Column(name="started_at", title="started (UTC)"),
            Column(name="verb"),
            Column(name="took", shown=_took),
            Column(name="exit_code", title="exit", is_number=True, shown=_exit),
            Column(name="counts", title="what", shown=_what, wraps=True, optional=1),
            Column(name="run_id", title="run", optional=2),
        ],
        empty="Nothing ran yet. `dovetail sync --dry-run` is a good start.",
    )


def _runs(store: Store) -> list[dict[str, Any]]:
    rows = sorted(store.rows("run"), key=lambda row: row["started_at"] or _LONG_AGO)  # type: ignore[arg-type, return-value]
    return rows[: -_RUNS_SHOWN - 1 : -1]


def ago(moment: object, now: datetime) -> str:
    """`12 minutes ago`, in the largest unit that says enough."""
    if not isinstance(moment, datetime):
        return "never"
    seconds = (now - moment) / timedelta(seconds=1)
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def _state(row: Row) -> str:
    if row["is_stale"]:
        return "stale"
    return "fresh" if row["last_good_at"] else "never read"


def _writes(row: Row) -> str:
    if row["held_because"]:
        return "held"
    return "armed" if row["is_armed"] else "no"


def _took(row: Row) -> str:
    started, ended = row["started_at"], row["ended_at"]
    if not isinstance(started, datetime) or not isinstance(ended, datetime):
        return ""
    seconds = max((ended - started).total_seconds(), 0)
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _exit(row: Row) -> object:
    return "running?" if row["ended_at"] is None else row["exit_code"]


def _what(row: Row) -> str:
    counts = row["counts"]
    if not isinstance(counts, dict):
        return ""
    findings, writes = counts.get("findings"), counts.get("writes")
    parts = [f"{counts[name]:,} {name}" for name in ("items", "planned", "conflicts") if counts.get(name)]
    if isinstance(findings, dict):
        parts += [f"{findings[name]:,} {name}" for name in ("opened", "resolved") if findings.get(name)]
    if isinstance(writes, dict) and writes.get("applied"):
        parts.append(f"{writes['applied']:,} written")
    return ", ".join(parts)
