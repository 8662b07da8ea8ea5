"""`dovetail undo`: the inverse of a run, as a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from commands.group import Verb
from commands.options import format_option, source_option
from commands.output import FORMATS
from commands.plan import show_plan
from commands.session import Session, clock_of, session_of


@click.command(cls=Verb)
@click.argument("run_name", metavar="RUN")
@click.option(
    "--output",
    "--out",
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the plan in a file, for `dovetail apply FILE`.",
)
@source_option
@format_option(formats=(*FORMATS, "markdown"))
@session_of
def undo(
    session: Session, run_name: str, output: Path | None, sources: Sequence[str], output_format: str
) -> int:
    """Make a plan that takes the writes of a run back; `dovetail apply` carries it out.

    Fields get what stood there before, comments their earlier text; a comment that the run made is deleted.
    What people or later runs changed since is a conflict and stays. Revisions, histories, ids, times and
    mails cannot be taken back. Once the plan is applied, its sources are held: `sync` writes nothing there
    until you apply an ordinary plan.

    RUN is the beginning of a run's id, `last` for the newest run that wrote something, or `last-1` for the
    one before it.

    \b
      dovetail undo last
      dovetail undo last --output undo.json
      dovetail apply undo.json
    """
    from sync.plan_file import write_plan
    from sync.run_names import find_run, runs_that_wrote
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings
    from sync.undo import undo as make_undo

    config = session.config()
    settings = sync_settings(config, rules=())
    clock = clock_of(config)
    with (
        session.store(config) as store,
        session.connectors(config, clock, only=sources) as (connectors, unopened),
    ):
        undone = find_run(store, run_name, among=runs_that_wrote(store))
        with running(store, "undo", clock=clock) as run:
            made = make_undo(
                store,
                {one.source: one for one in connectors},
                settings.plan,
                undone,
                run_id=run.run_id,
                now=run.now,
                sources=sources or None,
                tell=session.talk.tell,
            )
            run.exit_code = worst_exit_code({4} if made.failed else ())
            run.counts = {"planned": len(made.writes), "conflicts": len(made.conflicts)}
    empty = f"Nothing to take back: run {undone} wrote nothing, or everything is as it was before."
    names = {node.slug: node.name for node in config.tree}
    show_plan(session, made, output_format, names, empty=empty)
    for name in set(unopened).intersection(made.failed):
        session.talk.error(unopened[name])
    if output is not None:
        write_plan(made, output)
        session.talk.say(f"The plan is in {output}. `dovetail apply {output}` takes run {undone} back.")
    return run.exit_code
