"""`dovetail report pack`: the slides for the committee, as PowerPoint and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.group import Verb
from commands.report_data import portfolio_option, report_of, since_option, today_option
from commands.report_writing import write_report
from commands.session import Session, session_of, utc_now
from commands.text import plural
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from reports.figures import Report
    from reports.pack_words import Wording
    from sync.config import Config

_USUAL = (Path("steering-pack.pptx"), Path("steering-pack.pdf"))
_MOST_PROGRAMS = 12
# Where systems keep a font with more characters than most.
_SYSTEM_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/Library/Fonts/Arial Unicode.ttf"),
    Path("/System/Library/Fonts/Supplemental/Arial Unicode.ttf"),
    Path("C:/Windows/Fonts/segoeui.ttf"),
    Path("C:/Windows/Fonts/ARIALUNI.TTF"),
)


@click.command(cls=Verb)
@click.option(
    "--output",
    "--out",
    "-o",
    "outputs",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A .pptx or a .pdf; may be repeated. Both, called steering-pack, if absent.",
)
@click.option(
    "--template",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A .pptx or .potx of your own: the slides get its master, fonts and colours.",
)
@portfolio_option
@since_option
@today_option
@session_of
def pack(
    session: Session,
    outputs: Sequence[Path],
    template: Path | None,
    slug: str | None,
    since: date | None,
    today: date | None,
) -> int:
    """Write the slides for the steering committee: PowerPoint to edit and present, PDF to send.

    Decisions first, then health with its reasons, slips with their causes, top risks with owners, milestones,
    costs, the roadmap; then two slides for each programme. The figures are those of the portfolio page. What
    finds no room is counted on the slide. `report:` in the configuration says what things are called;
    docs/pack.md shows it, and how to make a template.

    \b
      dovetail report pack
      dovetail report pack --portfolio store-2-0 -o store.pptx
      dovetail report pack --template branding/steering.potx
    """
    config = session.config()
    paths = list(outputs) or list(_USUAL)
    for path in paths:
        if path.suffix.lower() not in (".pptx", ".pdf"):
            raise UsageError(f"{path}: a pack is a .pptx or a .pdf.")
    now = utc_now()
    with session.store(config) as store:

        def figures(part: str | None) -> Report:
            return report_of(store, config, now=now, today=today, since=since, slug=part)

        report = figures(slug)
        programs = [node.slug for node in report.nodes if node.level == "program" and node.slug != slug]
        parts = [figures(part) for part in programs[:_MOST_PROGRAMS]]
    if len(programs) > len(parts):
        session.talk.warn(
            f"Only the first {len(parts)} of {len(programs)} programmes have slides of their own."
        )
    wording = _wording(config)
    for path in paths:
        if path.suffix.lower() == ".pptx":
            count, content = _pptx(config, template, report, parts, wording)
        else:
            count, content = _pdf(session, config, report, parts, wording)
        said = f"{plural(count, 'slide')}, {plural(len(report.decisions), 'decision')} asked for."
        write_report(session, path, content, said)
    return 0


def _wording(config: Config) -> Wording:
    from reports.pack_words import ACCENT, Wording

    given = config.report
    return Wording(
        title=given.title,
        committee=given.committee,
        footer=given.footer,
        accent=given.accent or ACCENT,
        labels=given.headings,
    )


def _pptx(
    config: Config, template: Path | None, report: Report, parts: Sequence[Report], wording: Wording
) -> tuple[int, bytes]:
    from reports.pack_look import built_in_look, template_look
    from reports.pack_pptx import pptx_file
    from reports.pack_slides import deck

    chosen = template or config.report.template
    look = built_in_look(wording.accent) if chosen is None else template_look(_read(chosen), str(chosen))
    slides = deck(report, parts, wording, look.page)
    return len(slides.slides), pptx_file(slides, look, report.made_at)


def _pdf(
    session: Session, config: Config, report: Report, parts: Sequence[Report], wording: Wording
) -> tuple[int, bytes]:
    from reports.pack_model import Page
    from reports.pack_pdf import pdf_file
    from reports.pack_slides import deck

    slides = deck(report, parts, wording, Page())
    fonts = [*config.report.fonts, *(path for path in _SYSTEM_FONTS if path.is_file())]
    made = pdf_file(slides, report.made_at, fonts)
    if made.missing:
        session.talk.warn(
            f"The PDF shows {plural(len(made.missing), 'character')} as boxes, such as "
            f"{' '.join(made.missing[:5])}: no font at hand has them. Name one that has, in report.fonts of "
            "the configuration."
        )
    return len(slides.slides), made.content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="It is the template.") from error
