"""Puts the demo portfolio into a simulated Jira site and into plan files; `load_boards.py` does the rest.

The site's builder is called the way people would edit, in the order of time, so that the site's history is
the portfolio's.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.portfolio.addresses import Addresses
from simulators.portfolio.load_boards import play_on_boards
from simulators.portfolio.model import DemoPortfolio, Operation, Week
from simulators.project_files import save
from simulators.project_opened import keep_what_is_there

if TYPE_CHECKING:
    from simulators.azure_devops import AzureDevOps
    from simulators.jira import JiraCloud

# Fields of the site beyond those every site has: name and type.
OWN_FIELDS = {
    "Portfolio health": "textfield",
    "Slip in working days": "float",
    "Portfolio progress": "float",
    "Open findings": "float",
}
RISK_FIELDS = {"Probability": "float", "Impact": "float", "Review date": "datepicker"}


def load_into_jira(portfolio: DemoPortfolio, site: JiraCloud, addresses: Addresses | None = None) -> None:
    """Fill an empty site: people, projects, sprints, versions, fields, then a year of edits.

    Args:
        portfolio: what to load.
        site: a site without issues.
        addresses: where the other tracker is, for links that lead there.

    Raises:
        RuntimeError: the site has issues already.
    """
    if site.issues:
        raise RuntimeError(f"the site is not empty: it has {len(site.issues)} issues")
    for person in portfolio.people:
        site.add_user(
            person.account_id, person.name, person.email, not person.left, person.kind, "Europe/Zurich"
        )
    for name, kind in (RISK_FIELDS | OWN_FIELDS).items():
        site.add_field(name, kind)
    for project in portfolio.projects:
        site.add_project(project.key, project.name, project.lead)
    for version in portfolio.versions:
        site.add_version(
            version.project,
            version.name,
            start=version.start,
            release=version.release,
            released=version.released,
        )
    for sprint in portfolio.sprints:
        complete = sprint.end if sprint.state == "closed" else None
        site.add_sprint(
            sprint.project, sprint.name, sprint.state, sprint.start, sprint.end, complete=complete
        )
    play(portfolio.operations(), site, addresses or Addresses())


def play(operations: Iterable[Operation], site: JiraCloud, addresses: Addresses) -> None:
    """Do what people did, one step after the other.

    Raises:
        RuntimeError: the site numbers issues otherwise than the portfolio expects.
    """
    for step in operations:
        issue = step.issue
        match step.action:
            case "create":
                values = dict(step.values)
                if issue.parent is not None:
                    values["parent"] = issue.parent.key
                key = site.create_issue(issue.project, issue.type, values, step.by, step.at)
                if key != issue.key:
                    raise RuntimeError(f"the site calls {issue.key} {key}")
            case "edit":
                site.edit_issue(issue.key, step.values, step.by, step.at)
            case "move":
                site.transition(issue.key, step.text, step.by, step.at)
            case "link" if step.other is not None:
                site.link("Blocks", issue.key, step.other.key, step.by, step.at)
            case "comment":
                site.add_comment(issue.key, step.text, step.by, step.at)
            case "refer" if step.other is not None:
                page = addresses.of(step.other)
                site.add_remote_link(
                    issue.key, page, step.other.title, relationship=step.text, by=step.by, at=step.at
                )


def write_project_files(portfolio: DemoPortfolio, folder: Path) -> list[Path]:
    """Save all plans into a folder; returns their paths."""
    for name, plan in portfolio.plans.items():
        save(plan, folder / name)
    return [folder / name for name in portfolio.plans]


def apply_week(
    week: Week, site: JiraCloud, boards: AzureDevOps, folder: Path, addresses: Addresses | None = None
) -> None:
    """Let the week happen: people edit in both trackers, planners save their plans, the clocks move on."""
    play(week.operations, site, addresses or Addresses())
    play_on_boards(week.board_operations, boards, addresses or Addresses())
    for name, plan in week.plans.items():
        keep_what_is_there(plan, folder / name)
        save(plan, folder / name)
    site.clock.set(week.ends)
    boards.clock.set(week.ends)
