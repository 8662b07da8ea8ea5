"""What every simulated Jira site has from the start: fields, statuses, types, priorities, link types."""

from __future__ import annotations

from simulators.jira.model import FieldDef, IssueType, LinkType, Named, Status

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
PLANS = "com.atlassian.jpo:"
AGILE = "com.pyxis.greenhopper.jira:"

# The type keys are the stable names of fields; ids differ from site to site (facts/jira.md §1.3).
SPRINT_TYPE = AGILE + "gh-sprint"
EPIC_LINK_TYPE = AGILE + "gh-epic-link"
DATE_TYPES = frozenset(
    {
        CUSTOM + "datepicker",
        PLANS + "jpo-custom-field-baseline-start",
        PLANS + "jpo-custom-field-baseline-end",
    }
)

# short or full type key → schema type, item type
CUSTOM_TYPES: dict[str, tuple[str, str | None]] = {
    CUSTOM + "datepicker": ("date", None),
    CUSTOM + "datetime": ("datetime", None),
    CUSTOM + "float": ("number", None),
    CUSTOM + "textfield": ("string", None),
    CUSTOM + "textarea": ("string", None),
    CUSTOM + "url": ("string", None),
    CUSTOM + "select": ("option", None),
    CUSTOM + "radiobuttons": ("option", None),
    CUSTOM + "multiselect": ("array", "option"),
    CUSTOM + "multicheckboxes": ("array", "option"),
    CUSTOM + "labels": ("array", "string"),
    CUSTOM + "userpicker": ("user", None),
    CUSTOM + "multiuserpicker": ("array", "user"),
    CUSTOM + "atlassian-team": ("team", None),
    PLANS + "jpo-custom-field-baseline-start": ("date", None),
    PLANS + "jpo-custom-field-baseline-end": ("date", None),
    PLANS + "jpo-custom-field-parent": ("any", None),
    SPRINT_TYPE: ("array", "json"),
    EPIC_LINK_TYPE: ("any", None),
    AGILE + "gh-epic-label": ("string", None),
    AGILE + "gh-lexo-rank": ("any", None),
    AGILE + "jsw-story-points": ("number", None),
}

CATEGORIES: dict[str, tuple[int, str, str]] = {
    "undefined": (1, "No Category", "medium-gray"),
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}


def custom_type(name: str) -> str:
    """The full type key of a custom field from its full or short name."""
    if name in CUSTOM_TYPES:
        return name
    for prefix in (CUSTOM, PLANS, AGILE):
        if prefix + name in CUSTOM_TYPES:
            return prefix + name
    raise ValueError(f"unknown custom field type {name!r}; known: {', '.join(sorted(CUSTOM_TYPES))}")


def _system(
    field_id: str,
    name: str,
    type_: str,
    *clauses: str,
    items: str | None = None,
    on_screen: bool = False,
    navigable: bool = True,
    searchable: bool = True,
) -> FieldDef:
    return FieldDef(
        id=field_id,
        name=name,
        type=type_,
        items=items,
        clauses=list(clauses),
        navigable=navigable,
        orderable=on_screen,
        searchable=searchable,
        on_screen=on_screen,
    )


def _custom(number: int, name: str, type_key: str, *, on_screen: bool = True) -> FieldDef:
    type_, items = CUSTOM_TYPES[type_key]
    return FieldDef(
        id=f"customfield_{number}",
        name=name,
        type=type_,
        items=items,
        custom=type_key,
        clauses=[f"cf[{number}]", name],
        on_screen=on_screen,
    )


def fields() -> list[FieldDef]:
    """The fields of a fresh site."""
    return [
        _system("issuekey", "Key", "", "id", "issue", "issuekey", "key", searchable=False),
        _system("issuetype", "Issue Type", "issuetype", "issuetype", "type", on_screen=True),
        _system("project", "Project", "project", "project"),
        _system("summary", "Summary", "string", "summary", on_screen=True),
        _system("description", "Description", "string", "description", on_screen=True),
        _system("status", "Status", "status", "status"),
        _system("statusCategory", "Status Category", "statusCategory", "statusCategory"),
        _system(
            "statuscategorychangedate", "Status Category Changed", "datetime", "statusCategoryChangedDate"
        ),
        _system("priority", "Priority", "priority", "priority", on_screen=True),
        _system("resolution", "Resolution", "resolution", "resolution"),
        _system("resolutiondate", "Resolved", "datetime", "resolutiondate", "resolved"),
        _system("assignee", "Assignee", "user", "assignee", on_screen=True),
        _system("reporter", "Reporter", "user", "reporter", on_screen=True),
        _system("creator", "Creator", "user", "creator"),
        _system("created", "Created", "datetime", "created", "createdDate"),
        _system("updated", "Updated", "datetime", "updated", "updatedDate"),
        _system("duedate", "Due date", "date", "due", "duedate", on_screen=True),
        _system("labels", "Labels", "array", "labels", items="string", on_screen=True),
        _system("fixVersions", "Fix versions", "array", "fixVersion", items="version", on_screen=True),
        _system("versions", "Affects versions", "array", "affectedVersion", items="version", on_screen=True),
        _system("components", "Components", "array", "component", items="component", on_screen=True),
        _system("parent", "Parent", "issuelink", "parent", on_screen=True, navigable=True),
        _system("subtasks", "Sub-tasks", "array", "subtasks", items="issuelinks", searchable=False),
        _system("issuelinks", "Linked Issues", "array", "issueLink", items="issuelinks"),
        _system("environment", "Environment", "string", "environment", on_screen=True),
        _system("timeoriginalestimate", "Original estimate", "number", "originalEstimate", searchable=False),
        _system("timeestimate", "Remaining Estimate", "number", "remainingEstimate", searchable=False),
        _system("timespent", "Time Spent", "number", "timespent", searchable=False),
        _system("comment", "Comment", "comments-page", "comment", navigable=False),
        _custom(10001, "Team", CUSTOM + "atlassian-team"),
        _custom(10011, "Epic Name", AGILE + "gh-epic-label"),
        _custom(10014, "Epic Link", EPIC_LINK_TYPE, on_screen=False),
        _custom(10015, "Start date", CUSTOM + "datepicker"),
        _custom(10016, "Story point estimate", AGILE + "jsw-story-points"),
        _custom(10018, "Parent Link", PLANS + "jpo-custom-field-parent", on_screen=False),
        _custom(10019, "Rank", AGILE + "gh-lexo-rank", on_screen=False),
        _custom(10020, "Sprint", SPRINT_TYPE),
        _custom(10022, "Target start", PLANS + "jpo-custom-field-baseline-start"),
        _custom(10023, "Target end", PLANS + "jpo-custom-field-baseline-end"),
        _custom(10026, "Story Points", CUSTOM + "float"),
    ]


FIRST_CUSTOM_FIELD = 10040  # the ids that add_field gives start here


def statuses() -> list[Status]:
    """The statuses of a fresh site; the first is where issues are born."""
    return [
        Status("10000", "To Do", "new"),
        Status("3", "In Progress", "indeterminate"),
        Status("10001", "In Review", "indeterminate"),
        Status("10003", "Blocked", "indeterminate"),
        Status("10002", "Done", "done"),
        Status("10004", "Cancelled", "done"),
    ]


def issue_types() -> list[IssueType]:
    """The issue types of a fresh site."""
    return [
        IssueType("10010", "Initiative", 2),
        IssueType("10000", "Epic", 1),
        IssueType("10001", "Story", 0),
        IssueType("10002", "Task", 0),
        IssueType("10004", "Bug", 0),
        IssueType("10005", "Risk", 0),
        IssueType("10006", "Milestone", 0),
        IssueType("10003", "Sub-task", -1),
    ]


def priorities() -> list[Named]:
    """The priorities of a fresh site, highest first."""
    return [
        Named("1", "Highest"),
        Named("2", "High"),
        Named("3", "Medium"),
        Named("4", "Low"),
        Named("5", "Lowest"),
    ]


def resolutions() -> list[Named]:
    """The resolutions of a fresh site."""
    return [Named("10000", "Done"), Named("10001", "Won't Do"), Named("10002", "Duplicate")]


def link_types() -> list[LinkType]:
    """The issue link types of a fresh site."""
    return [
        LinkType("10000", "Blocks", "is blocked by", "blocks"),
        LinkType("10001", "Cloners", "is cloned by", "clones"),
        LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
        LinkType("10003", "Relates", "relates to", "relates to"),
    ]
