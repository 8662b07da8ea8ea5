"""Puts the demo portfolio's Azure DevOps part into a simulated organisation, through its builder.

The only module of the room that knows Azure DevOps: it translates the portfolio's words into reference names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from simulators.portfolio.addresses import Addresses
from simulators.portfolio.model import Boards, Issue, Operation

if TYPE_CHECKING:
    from simulators.azure_devops import AzureDevOps

ORGANISATION = "shop"
BOARDS_BOT = "dovetail@retail.example"  # the account that Dovetail has there
# The company's own process: Agile with fields of its own on what is reported upwards. Name and type of each.
OWN_PROCESS = "Retail Agile"
OWN_FIELDS = {
    "Portfolio health": ("Custom.PortfolioHealth", "string"),
    "Slip in working days": ("Custom.SlipInWorkingDays", "integer"),
    "Portfolio progress": ("Custom.PortfolioProgress", "double"),
    "Open findings": ("Custom.OpenFindings", "integer"),
}
OWN_FIELD_TYPES = ("Epic", "Feature")
TWIN_FIELD = ("Custom.JiraKey", "Jira key", "string")  # where people note the same work in Jira
_ACCOUNT_KINDS: Mapping[str, Literal["aad", "svc", "group"]] = {"aad": "aad", "svc": "svc", "group": "group"}
_ZONE = ZoneInfo("Europe/Zurich")

_SCHEDULING, _COMMON = "Microsoft.VSTS.Scheduling", "Microsoft.VSTS.Common"
_NAMES = {
    "summary": "System.Title",
    "assignee": "System.AssignedTo",
    "area": "System.AreaPath",
    "iteration": "System.IterationPath",
    "tags": "System.Tags",
    "priority": f"{_COMMON}.Priority",
    "severity": f"{_COMMON}.Severity",
    "start": f"{_SCHEDULING}.StartDate",
    "due": f"{_SCHEDULING}.TargetDate",
    "points": f"{_SCHEDULING}.StoryPoints",
    "estimate": f"{_SCHEDULING}.OriginalEstimate",
    "remaining": f"{_SCHEDULING}.RemainingWork",
    "completed": f"{_SCHEDULING}.CompletedWork",
    "probability": "Microsoft.VSTS.CMMI.Probability",
    "twin": TWIN_FIELD[0],
    "mitigation": "Microsoft.VSTS.CMMI.MitigationPlan",
}
_SIZE = f"{_SCHEDULING}.Size"  # what CMMI has in place of story points


def load_into_boards(boards: Boards, site: AzureDevOps, addresses: Addresses | None = None) -> None:
    """Fill an empty organisation: people, process, projects, trees, then a year of edits.

    Args:
        boards: what to load.
        site: an organisation without work items.
        addresses: where the other tracker is, for links that lead there.

    Raises:
        RuntimeError: the organisation has work items already.
    """
    if site.items:
        raise RuntimeError(f"the organisation is not empty: it has {len(site.items)} work items")
    for person in boards.people:
        account = _ACCOUNT_KINDS[person.kind]
        site.add_user(person.name, person.email, kind=account, active=not person.left)
    site.add_process(OWN_PROCESS, parent="Agile")
    for name, (reference, kind) in OWN_FIELDS.items():
        site.add_field(reference, name, kind, process=OWN_PROCESS, types=OWN_FIELD_TYPES)
    site.add_field(*TWIN_FIELD, process=OWN_PROCESS, types=OWN_FIELD_TYPES)
    for project in boards.projects:
        site.add_project(project.name, project.process)
        for area in project.areas:
            site.add_area(project.name, rf"{project.name}\{area}")
    for one in boards.iterations:
        site.add_iteration(one.project, one.path, one.start, one.finish)
    play_on_boards(boards.operations(), site, addresses or Addresses())


def play_on_boards(operations: Iterable[Operation], site: AzureDevOps, addresses: Addresses) -> None:
    """Do what people did, one step after the other.

    Raises:
        RuntimeError: the organisation numbers items otherwise than the portfolio expects.
    """
    for step in operations:
        item, by, at = step.issue, step.by, step.at
        number = int(item.key)
        match step.action:
            case "create":
                _create(step, site)
            case "edit":
                site.edit_item(number, _fields(item, step.values), by, at)
            case "move":
                site.edit_item(number, {"System.State": step.text}, by, at)
            case "comment":
                site.add_comment(number, step.text, by, at)
            case "link" if step.other is not None:
                site.link(number, "System.LinkTypes.Dependency-Forward", int(step.other.key), by, at)
            case "reparent" if step.other is not None:
                _reparent(number, int(step.other.key), site, by, at)
            case "refer" if step.other is not None:
                site.link(number, "Hyperlink", addresses.of(step.other), by, at, comment=step.text)


_PARENT = "System.LinkTypes.Hierarchy-Reverse"


def _create(step: Operation, site: AzureDevOps) -> None:
    item = step.issue
    number = site.create_item(item.project, item.type, _fields(item, step.values), by=step.by, at=step.at)
    if str(number) != item.key:
        raise RuntimeError(f"the organisation calls {item.key} {number}")
    parent = step.other
    if parent is not None:
        site.link(number, _PARENT, int(parent.key), step.by, step.at)


def _reparent(number: int, parent: int, site: AzureDevOps, by: str, at: datetime) -> None:
    """The old link goes, a new one comes; the fields of the item stay as they are."""
    before = next((one.target for one in site.items[number].relations if one.rel == _PARENT), None)
    if before is not None:
        site.unlink(number, _PARENT, before, by, at)
    site.link(number, _PARENT, parent, by, at)


def _fields(item: Issue, values: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in values.items():
        reference = _SIZE if name == "points" and item.type == "Requirement" else _NAMES[name]
        found[reference] = _shown(value)
    return found


def _shown(value: object) -> object:
    """A value as the API shows it: a date is the midnight of whoever typed it, told in UTC."""
    if isinstance(value, date):
        midnight = datetime.combine(value, time(), tzinfo=_ZONE).astimezone(UTC)
        return midnight.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "; ".join(value) if isinstance(value, list) else value
