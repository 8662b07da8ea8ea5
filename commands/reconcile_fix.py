"""`dovetail reconcile --fix`: the plan that brings twins into line, made and shown, never applied here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.plan import show_plan
from commands.session import Session, clock_of
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from sync.config import Config

_EMPTY = "Nothing to write: where the master of a date is declared and has one, its twins have the same."


def make_fix(
    session: Session, config: Config, keys: Sequence[str], output: Path | None, output_format: str
) -> int:
    """Make the plan, show it, and keep it in a file where one is named.

    Args:
        session: the talk, the store and the connectors.
        config: with the declared masters.
        keys: only twins of these items; none is all.
        output: the file.
        output_format: how the plan is shown.

    Raises:
        UsageError: no master is declared, or nothing has one of the keys.
    """
    from sync.plan_file import write_plan
    from sync.reconcile import items_named
    from sync.reconcile_fix import fix_plan
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings

    if config.masters.is_empty:
        raise UsageError(
            "The configuration does not say which tracker is right.",
            hint="Declare it, for example `reconcile: {master: {due: "
            f"{config.sources[0].name}}}}}`; docs/twins.md shows all of it.",
        )
    settings = sync_settings(config, rules=())
    clock = clock_of(config)
    with (
        session.store(config) as store,
        session.connectors(config, clock) as (connectors, unopened),
        running(store, "reconcile", clock=clock) as run,
    ):
        among = {str(row["item_id"]) for key in keys for row in items_named(store, key)} if keys else None
        made = fix_plan(
            store,
            {one.source: one for one in connectors},
            settings.plan,
            config.masters,
            run_id=run.run_id,
            now=run.now,
            among=among,
            tell=session.talk.tell,
        )
        for reason in unopened.values():
            session.talk.error(reason)
        run.exit_code = worst_exit_code({4} if made.failed or unopened else ())
        run.counts = {"planned": len(made.writes), "conflicts": len(made.conflicts)}
    names = {node.slug: node.name for node in config.tree}
    show_plan(session, made, output_format, names, empty=_EMPTY)
    if output is not None:
        write_plan(made, output)
        session.talk.say(f"The plan is in {output}. `dovetail apply {output}` makes its writes.")
    return run.exit_code
