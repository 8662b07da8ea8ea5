"""What every organisation has: four processes, their types, states and fields, and the link types.

States and categories: facts/azure_devops.md §3 ([D] workflow-and-state-categories); process ids and link
types are recorded ones (fixtures cli_extension).
"""

from __future__ import annotations

from simulators.azure_devops.model import (
    ARTIFACT,
    ATTACHMENT,
    HYPERLINK,
    Category,
    FieldDef,
    FieldUse,
    Json,
    Process,
    State,
    WorkType,
)

PROCESS_IDS = {
    "Agile": "adcc42ab-9882-485e-a3ed-7678f01f66bc",
    "Scrum": "6b724908-ef14-45cf-84f8-768b5384da45",
    "CMMI": "27450541-8e31-4150-9947-dc59f998fc01",
    "Basic": "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
}
DESCRIPTIONS = {
    "Agile": "This template is flexible and will work great for most teams using Agile planning methods, "
    "including those practicing Scrum.",
    "Scrum": "This template is for teams who follow the Scrum framework.",
    "CMMI": "This template is for more formal projects requiring a framework for process improvement and an "
    "auditable record of decisions.",
    "Basic": "This template is flexible and great for teams getting started with Azure DevOps.",
}
COLORS: dict[Category, str] = {
    "Proposed": "b2b2b2",
    "InProgress": "007acc",
    "Resolved": "ff9d00",
    "Completed": "339933",
    "Removed": "ffffff",
}
_CATEGORIES: dict[str, Category] = {name: name for name in COLORS}
_NEW, _ACTIVE, _CLOSED = ("New", "Proposed"), ("Active", "InProgress"), ("Closed", "Completed")
_RESOLVED, _REMOVED = ("Resolved", "Resolved"), ("Removed", "Removed")
_PROPOSED, _DONE, _TO_DO = ("Proposed", "Proposed"), ("Done", "Completed"), ("To Do", "Proposed")
_FIXED = ("Resolved", "InProgress")  # CMMI: Resolved is work in progress for these types, not for Bug or Risk
_IN_PROGRESS, _DOING = ("In Progress", "InProgress"), ("Doing", "InProgress")

_S, _V = "Microsoft.VSTS.Scheduling.", "Microsoft.VSTS.Common."
_C = "Microsoft.VSTS.CMMI."
_EFFORT = (_S + "OriginalEstimate", _S + "RemainingWork", _S + "CompletedWork")
_TOP = (_S + "StartDate", _S + "TargetDate", _V + "BusinessValue", _V + "TimeCriticality", _V + "Risk")
_STORY = (_S + "StartDate", _S + "FinishDate", _V + "AcceptanceCriteria", _V + "Risk", _V + "ValueArea")

# process → type → (category, color, states, fields beyond the common ones)
_TYPES: dict[str, dict[str, tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...]]]] = {
    "Agile": {
        "Epic": ("Epic", "E06C00", (_NEW, _ACTIVE, _RESOLVED, _CLOSED, _REMOVED), (*_TOP, _S + "Effort")),
        "Feature": (
            "Feature",
            "773B93",
            (_NEW, _ACTIVE, _RESOLVED, _CLOSED, _REMOVED),
            (*_TOP, _S + "Effort"),
        ),
        "User Story": (
            "Requirement",
            "009CCC",
            (_NEW, _ACTIVE, _RESOLVED, _CLOSED, _REMOVED),
            (*_STORY, _S + "StoryPoints"),
        ),
        "Task": (
            "Task",
            "F2CB1D",
            (_NEW, _ACTIVE, _CLOSED, _REMOVED),
            (*_EFFORT, _S + "StartDate", _S + "FinishDate", _V + "Activity"),
        ),
        "Bug": (
            "Bug",
            "CC293D",
            (_NEW, _ACTIVE, _RESOLVED, _CLOSED),
            (*_EFFORT, _S + "StoryPoints", _V + "Severity", "Microsoft.VSTS.TCM.ReproSteps"),
        ),
        "Issue": ("", "B4009E", (_ACTIVE, _CLOSED), (_S + "DueDate",)),
    },
    "Scrum": {
        "Epic": ("Epic", "E06C00", (_NEW, _IN_PROGRESS, _DONE, _REMOVED), (*_TOP, _S + "Effort")),
        "Feature": ("Feature", "773B93", (_NEW, _IN_PROGRESS, _DONE, _REMOVED), (*_TOP, _S + "Effort")),
        "Product Backlog Item": (
            "Requirement",
            "009CCC",
            (_NEW, ("Approved", "Proposed"), ("Committed", "InProgress"), _DONE, _REMOVED),
            (_S + "Effort", _V + "AcceptanceCriteria", _V + "BusinessValue", _V + "ValueArea"),
        ),
        "Task": (
            "Task",
            "F2CB1D",
            (_TO_DO, _IN_PROGRESS, _DONE, _REMOVED),
            (_S + "RemainingWork", _V + "Activity", _C + "Blocked"),
        ),
        "Bug": (
            "Bug",
            "CC293D",
            (_NEW, ("Approved", "Proposed"), ("Committed", "InProgress"), _DONE, _REMOVED),
            (_S + "Effort", _S + "RemainingWork", _V + "Severity", "Microsoft.VSTS.TCM.ReproSteps"),
        ),
        "Impediment": ("", "B4009E", (("Open", "InProgress"), _CLOSED), (_V + "Resolution",)),
    },
    "CMMI": {
        "Epic": ("Epic", "E06C00", (_PROPOSED, _ACTIVE, _FIXED, _CLOSED, _REMOVED), (*_TOP, _S + "Effort")),
        "Feature": (
            "Feature",
            "773B93",
            (_PROPOSED, _ACTIVE, _FIXED, _CLOSED, _REMOVED),
            (*_TOP, _S + "Effort"),
        ),
        "Requirement": (
            "Requirement",
            "009CCC",
            (_PROPOSED, _ACTIVE, _FIXED, _CLOSED),
            (*_STORY, _S + "Size", _S + "OriginalEstimate", _C + "Blocked"),
        ),
        "Task": (
            "Task",
            "F2CB1D",
            (_PROPOSED, _ACTIVE, _FIXED, _CLOSED),
            (*_EFFORT, _S + "StartDate", _S + "FinishDate", _C + "Blocked"),
        ),
        "Bug": (
            "Bug",
            "CC293D",
            (_PROPOSED, _ACTIVE, _RESOLVED, _CLOSED),
            (*_EFFORT, _V + "Severity", _C + "Blocked", "Microsoft.VSTS.TCM.ReproSteps"),
        ),
        "Issue": (
            "",
            "B4009E",
            (_PROPOSED, _ACTIVE, _RESOLVED, _CLOSED),
            (_C + "TargetResolveDate", _C + "CorrectiveActionPlan", _C + "Blocked"),
        ),
        "Risk": (
            "",
            "CC293D",
            (_PROPOSED, _ACTIVE, _RESOLVED, _CLOSED),
            (
                _C + "Probability",
                _C + "MitigationPlan",
                _C + "MitigationTriggers",
                _C + "ContingencyPlan",
                _C + "Blocked",
                _V + "Severity",
            ),
        ),
        "Review": ("", "FF9D00", (_ACTIVE, _RESOLVED, _CLOSED), ()),
        "Change Request": ("", "B4009E", (_PROPOSED, _ACTIVE, _RESOLVED, _CLOSED), ()),
    },
    "Basic": {
        "Epic": ("Epic", "E06C00", (_TO_DO, _DOING, _DONE), (_S + "StartDate", _S + "TargetDate")),
        "Issue": ("Requirement", "B4009E", (_TO_DO, _DOING, _DONE), (_S + "Effort",)),
        "Task": (
            "Task",
            "A4880A",
            (_TO_DO, _DOING, _DONE),
            (_S + "RemainingWork", _V + "Activity"),
        ),
    },
}  # fmt: skip

# (reference name, display name, type, is read-only)
_FIELDS = (
    ("System.Id", "ID", "integer", True),
    ("System.Rev", "Rev", "integer", True),
    ("System.AreaId", "Area ID", "integer", False),
    ("System.AreaPath", "Area Path", "treePath", False),
    ("System.AreaLevel1", "Area Level 1", "string", True),
    ("System.TeamProject", "Team Project", "string", True),
    ("System.NodeName", "Node Name", "string", True),
    ("System.IterationId", "Iteration ID", "integer", False),
    ("System.IterationPath", "Iteration Path", "treePath", False),
    ("System.IterationLevel1", "Iteration Level 1", "string", True),
    ("System.WorkItemType", "Work Item Type", "string", True),
    ("System.Title", "Title", "string", False),
    ("System.State", "State", "string", False),
    ("System.Reason", "Reason", "string", False),
    ("System.AssignedTo", "Assigned To", "identity", False),
    ("System.CreatedDate", "Created Date", "dateTime", True),
    ("System.CreatedBy", "Created By", "identity", True),
    ("System.ChangedDate", "Changed Date", "dateTime", True),
    ("System.ChangedBy", "Changed By", "identity", True),
    ("System.AuthorizedDate", "Authorized Date", "dateTime", True),
    ("System.AuthorizedAs", "Authorized As", "identity", True),
    ("System.RevisedDate", "Revised Date", "dateTime", True),
    ("System.PersonId", "Person ID", "integer", True),
    ("System.Watermark", "Watermark", "integer", True),
    ("System.IsDeleted", "Is Deleted", "boolean", True),
    ("System.AttachedFileCount", "Attached File Count", "integer", True),
    ("System.HyperLinkCount", "Hyperlink Count", "integer", True),
    ("System.ExternalLinkCount", "External Link Count", "integer", True),
    ("System.RelatedLinkCount", "Related Link Count", "integer", True),
    ("System.RemoteLinkCount", "Remote Link Count", "integer", True),
    ("System.CommentCount", "Comment Count", "integer", True),
    ("System.Parent", "Parent", "integer", True),
    ("System.Description", "Description", "html", False),
    ("System.History", "History", "history", False),
    ("System.Tags", "Tags", "plainText", False),
    ("System.BoardColumn", "Board Column", "string", True),
    (_V + "StateChangeDate", "State Change Date", "dateTime", True),
    (_V + "ActivatedDate", "Activated Date", "dateTime", True),
    (_V + "ActivatedBy", "Activated By", "identity", True),
    (_V + "ResolvedDate", "Resolved Date", "dateTime", True),
    (_V + "ResolvedBy", "Resolved By", "identity", True),
    (_V + "ResolvedReason", "Resolved Reason", "string", True),
    (_V + "ClosedDate", "Closed Date", "dateTime", True),
    (_V + "ClosedBy", "Closed By", "identity", True),
    (_V + "Priority", "Priority", "integer", False),
    (_V + "Severity", "Severity", "string", False),
    (_V + "StackRank", "Stack Rank", "double", False),
    (_V + "BusinessValue", "Business Value", "integer", False),
    (_V + "TimeCriticality", "Time Criticality", "double", False),
    (_V + "Risk", "Risk", "string", False),
    (_V + "ValueArea", "Value Area", "string", False),
    (_V + "Activity", "Activity", "string", False),
    (_V + "AcceptanceCriteria", "Acceptance Criteria", "html", False),
    (_V + "Resolution", "Resolution", "html", False),
    (_S + "StartDate", "Start Date", "dateTime", False),
    (_S + "TargetDate", "Target Date", "dateTime", False),
    (_S + "FinishDate", "Finish Date", "dateTime", False),
    (_S + "DueDate", "Due Date", "dateTime", False),
    (_S + "OriginalEstimate", "Original Estimate", "double", False),
    (_S + "RemainingWork", "Remaining Work", "double", False),
    (_S + "CompletedWork", "Completed Work", "double", False),
    (_S + "StoryPoints", "Story Points", "double", False),
    (_S + "Effort", "Effort", "double", False),
    (_S + "Size", "Size", "double", False),
    ("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html", False),
    (_C + "Blocked", "Blocked", "string", False),
    (_C + "Probability", "Probability", "integer", False),
    (_C + "MitigationPlan", "Mitigation Plan", "html", False),
    (_C + "MitigationTriggers", "Mitigation Triggers", "html", False),
    (_C + "ContingencyPlan", "Contingency Plan", "html", False),
    (_C + "TargetResolveDate", "Target Resolve Date", "dateTime", False),
    (_C + "CorrectiveActionPlan", "Corrective Action Plan", "html", False),
)
_ALLOWED: dict[str, list[str]] = {
    _V + "Priority": ["1", "2", "3", "4"],
    _V + "Severity": ["1 - Critical", "2 - High", "3 - Medium", "4 - Low"],
    _V + "Risk": ["1 - High", "2 - Medium", "3 - Low"],
    _V + "ValueArea": ["Architectural", "Business"],
    _C + "Blocked": ["No", "Yes"],
}
_DEFAULTS: dict[str, Json] = {_V + "Priority": 2, _V + "ValueArea": "Business", _V + "Severity": "3 - Medium"}
_SKIPPED = frozenset({"System.IsDeleted", "System.Parent"})  # computed, on no type's list

# (base or full name, forward name, reverse name, topology, singleTarget of the dependency kinds, remote)
_LINKS = (
    ("Microsoft.VSTS.Common.Affects", "Affects", "Affected By", "dependency", True, False),
    (
        "Microsoft.VSTS.TestCase.SharedParameterReferencedBy",
        "Referenced By",
        "References",
        "dependency",
        True,
        False,
    ),
    ("Microsoft.VSTS.Common.TestedBy", "Tested By", "Tests", "dependency", True, False),
    (
        "Microsoft.VSTS.TestCase.SharedStepReferencedBy",
        "Test Case",
        "Shared Steps",
        "dependency",
        True,
        False,
    ),
    ("System.LinkTypes.Remote.Dependency", "Produces For", "Consumes From", "dependency", True, True),
    ("System.LinkTypes.Duplicate", "Duplicate", "Duplicate Of", "tree", False, False),
    ("System.LinkTypes.Dependency", "Successor", "Predecessor", "dependency", True, False),
    ("System.LinkTypes.Hierarchy", "Child", "Parent", "tree", False, False),
    ("System.LinkTypes.Related", "Related", "", "network", True, False),
    ("System.LinkTypes.Remote.Related", "Remote Related", "", "network", True, True),
)
RESOURCE_LINKS = {ATTACHMENT: "Attached File", HYPERLINK: "Hyperlink", ARTIFACT: "Artifact Link"}
CATEGORY_NAMES = {
    "Epic": "Epic Category",
    "Feature": "Feature Category",
    "Requirement": "Requirement Category",
    "Task": "Task Category",
    "Bug": "Bug Category",
}


def fields() -> list[FieldDef]:
    """The stock fields, fresh objects."""
    return [
        FieldDef(ref, name, "string" if kind == "identity" else kind, ro, kind == "identity")
        for ref, name, kind, ro in _FIELDS
    ]


def processes() -> list[Process]:
    """The four system processes, fresh objects. Basic is the default one, as recorded."""
    return [
        Process(
            id=PROCESS_IDS[name],
            name=name,
            description=DESCRIPTIONS[name],
            types={kind: _type(kind, *entry) for kind, entry in types.items()},
            is_default=name == "Basic",
        )
        for name, types in _TYPES.items()
    ]


def state(name: str, category: Category) -> State:
    """A state in its category's colour."""
    return State(name, category, COLORS[category])


def _type(
    name: str, category: str, color: str, states: tuple[tuple[str, str], ...], extra: tuple[str, ...]
) -> WorkType:
    common = [
        ref
        for ref, _, _, _ in _FIELDS
        if (ref.startswith("System.") and ref not in _SKIPPED)
        or ref.startswith((_V + "State", _V + "Activated", _V + "Resolved", _V + "Closed", _V + "StackRank"))
        or ref == _V + "Priority"
    ]
    return WorkType(
        name=name,
        reference_name="Microsoft.VSTS.WorkItemTypes." + name.replace(" ", ""),
        color=color,
        icon="icon_" + name.replace(" ", "_").lower(),
        category=category,
        states=[state(label, _CATEGORIES[group]) for label, group in states],
        fields={ref: use(ref) for ref in (*common, *extra)},
    )


def use(reference_name: str) -> FieldUse:
    """The stock way in which a type uses a field."""
    return FieldUse(
        reference_name,
        required=reference_name in {"System.Title", "System.State", "System.AreaId", "System.IterationId"},
        allowed=list(_ALLOWED.get(reference_name, ())),
        default=_DEFAULTS.get(reference_name),
    )


def relation_types() -> dict[str, dict[str, Json]]:
    """Every relation type by its reference name: name and attributes, as recorded."""
    found: dict[str, dict[str, Json]] = {}
    for base, forward, reverse, topology, single, remote in _LINKS:
        shared = {
            "usage": "workItemLink",
            "editable": base.startswith("Microsoft"),
            "enabled": True,
            "acyclic": topology != "network",
            "directional": topology != "network",
            "singleTarget": single,
            "topology": topology,
            "remote": remote,
        }
        if not reverse:
            found[base] = {"name": forward, "attributes": shared}
            continue
        ends = {f"{base}-Forward": (forward, True), f"{base}-Reverse": (reverse, False)}
        for ref, (name, is_forward) in ends.items():
            other = f"{base}-{'Reverse' if is_forward else 'Forward'}"
            ending = {"isForward": is_forward, "oppositeEndReferenceName": other}
            found[ref] = {"name": name, "attributes": shared | ending}
    for ref, name in RESOURCE_LINKS.items():
        attributes = {"usage": "resourceLink", "editable": False, "enabled": True}
        found[ref] = {"name": name, "attributes": attributes}
    return found


RELATION_TYPES = relation_types()


def opposite(rel: str) -> str:
    """The name of the same link as its other end shows it."""
    return str(RELATION_TYPES[rel]["attributes"].get("oppositeEndReferenceName", rel))


def is_work_item_link(rel: str) -> bool:
    """Does the relation lead to a work item, of this organisation or another?"""
    return bool(RELATION_TYPES[rel]["attributes"]["usage"] == "workItemLink")


def is_remote(rel: str) -> bool:
    """Does the relation lead to another organisation?"""
    return bool(RELATION_TYPES[rel]["attributes"].get("remote"))
