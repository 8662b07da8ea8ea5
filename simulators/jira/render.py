"""An issue as a calling user sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from simulators.jira import adf
from simulators.jira.catalogue import EPIC_LINK_TYPE, SPRINT_TYPE
from simulators.jira.entities import EntityRenderer
from simulators.jira.model import FieldDef, Issue, Json, Link
from simulators.jira.values import is_rich

EMBEDDED_COMMENTS = 20  # more are cut off, facts/jira.md §1.2


class Renderer(EntityRenderer):
    """Renders issues and everything they embed, for one caller."""

    def issue(
        self,
        issue: Issue,
        fields: Iterable[str] = ("*all",),
        expand: Collection[str] = (),
        properties: Collection[str] = (),
    ) -> dict[str, Json]:
        """An issue with the chosen fields."""
        shown: dict[str, Json] = {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": str(issue.id),
            "self": f"{self._rest}/issue/{issue.id}",
            "key": self._site.key_of(issue),
        }
        chosen = self.chosen(fields)
        if chosen:
            shown["fields"] = {f.id: self.value(issue, f) for f in chosen if self._has(issue, f)}
        self._expand(shown, issue, chosen, expand)
        if properties:
            shown["properties"] = {
                k: v for k, v in issue.properties.items() if k in properties or "*all" in properties
            }
        return shown

    def _expand(
        self, shown: dict[str, Json], issue: Issue, chosen: list[FieldDef], expand: Collection[str]
    ) -> None:
        if "changelog" in expand:
            newest = issue.histories[::-1][: self._histories]
            shown["changelog"] = {
                "startAt": 0,
                "maxResults": len(newest),
                "total": len(issue.histories),
                "histories": [self.history(entry) for entry in newest],
            }
        if "names" in expand:
            shown["names"] = {f.id: f.name for f in chosen}
        if "schema" in expand:
            shown["schema"] = {f.id: schema(f) for f in chosen}
        if "renderedFields" in expand:
            shown["renderedFields"] = {
                f.id: adf.text_of(issue.fields.get(f.id)) for f in chosen if is_rich(f)
            }

    def chosen(self, fields: Iterable[str]) -> list[FieldDef]:
        """The fields that a `fields` parameter selects: ids, `*all`, `*navigable`, `-without`."""
        known = [f for f in self._site.field_defs.values() if f.id not in {"issuekey", "statusCategory"}]
        wanted = [name.strip() for name in fields]
        without = {name[1:] for name in wanted if name.startswith("-")}
        if "*all" in wanted:
            base = known
        elif "*navigable" in wanted or (wanted and len(without) == len(wanted)):
            base = [f for f in known if f.navigable]
        else:
            base = []
        named = set(wanted)
        return [f for f in known if (f in base or f.id in named) and f.id not in without]

    def _has(self, issue: Issue, field: FieldDef) -> bool:
        # What is not in use is absent: a field scoped to another project, the parent of a top item.
        if field.id == "parent":
            return issue.fields.get("parent") in self._site.issues
        return field.project_id is None or field.project_id == issue.project_id

    def value(self, issue: Issue, field: FieldDef) -> Json:
        """The wire value of one field."""
        own = _OWN.get(field.id)
        if own is not None:
            return own(self, issue)
        if field.custom == EPIC_LINK_TYPE:
            return self._epic_key(issue)
        return self._plain(field, issue.fields.get(field.id))

    def _plain(self, field: FieldDef, value: Json) -> Json:
        if field.custom == SPRINT_TYPE:
            return [self.sprint(self._site.sprints[s]) for s in value] if value else None
        if field.type == "array":
            return self._array(field, value or [])
        if value is None:
            return None
        match field.type:
            case "user":
                return self.user(value)
            case "priority":
                return self.priority(value)
            case "option":
                return self._option(field, value)
            case "resolution":
                name = self._site.resolutions[value].name
                return {
                    "self": f"{self._rest}/resolution/{value}",
                    "id": value,
                    "description": "",
                    "name": name,
                }
            case "datetime":
                return self.instant(value)
            case "number":
                return float(value)
            case "team":
                return {"id": value, "name": value, "title": value, "isShared": True}
        return self.rich(value) if is_rich(field) else value

    def _array(self, field: FieldDef, value: list[Json]) -> Json:
        match field.items:
            case "version":
                return [self.version(self._site.versions[v]) for v in value]
            case "option":
                return [self._option(field, v) for v in value] or None
            case "user":
                return [self.user(v) for v in value] or None
            case "component":
                return [{"self": f"{self._rest}/component/{v}", "id": v, "name": v} for v in value]
        return value

    def _option(self, field: FieldDef, number: str) -> dict[str, Json]:
        return {
            "self": f"{self._rest}/customFieldOption/{number}",
            "value": field.options[number],
            "id": number,
        }

    def embedded_comments(self, issue: Issue) -> dict[str, Json]:
        """The newest comments, cut as an issue embeds them."""
        newest = issue.comments[-EMBEDDED_COMMENTS:]
        return {
            "comments": [self.comment(issue, comment) for comment in newest],
            "self": f"{self._rest}/issue/{issue.id}/comment",
            "maxResults": len(newest),
            "total": len(issue.comments),
            "startAt": 0,
        }

    def stub(self, issue_id: int) -> dict[str, Json]:
        """Another issue as it is embedded: never more than four fields."""
        issue = self._site.issues[issue_id]
        return {
            "id": str(issue.id),
            "key": self._site.key_of(issue),
            "self": f"{self._rest}/issue/{issue.id}",
            "fields": {
                "summary": issue.fields.get("summary"),
                "status": self.status(issue.status_id),
                "priority": self.priority(issue.fields.get("priority")),
                "issuetype": self.issue_type(self._site.types[issue.type_id]),
            },
        }

    def type_of(self, issue: Issue) -> dict[str, Json]:
        """The issue's type."""
        return self.issue_type(self._site.types[issue.type_id])

    def project_of(self, issue: Issue) -> dict[str, Json]:
        """The issue's project."""
        return self.project(self._site.projects[issue.project_id])

    def links_of(self, issue: Issue) -> list[dict[str, Json]]:
        """The issue's links, each with the other end only."""
        return [self._link(issue, number) for number in self._site.issue_links.get(issue.id, ())]

    def subtasks(self, issue: Issue) -> list[dict[str, Json]]:
        """The issue's sub-tasks."""
        children = (self._site.issues[number] for number in sorted(self._site.children.get(issue.id, ())))
        return [self.stub(child.id) for child in children if self._site.types[child.type_id].level < 0]

    def _link(self, issue: Issue, number: int) -> dict[str, Json]:
        shown = self.link(self._site.links[number])
        # Exactly one side, though the description calls both required (facts/jira.md §1.5).
        outward = self._site.links[number].source == issue.id
        del shown["inwardIssue" if outward else "outwardIssue"]
        return shown

    def link(self, link: Link) -> dict[str, Json]:
        """A link with both of its ends."""
        kind = self._site.link_types[link.type_id]
        return {
            "id": str(link.id),
            "self": f"{self._rest}/issueLink/{link.id}",
            "type": {
                "id": kind.id,
                "name": kind.name,
                "inward": kind.inward,
                "outward": kind.outward,
                "self": f"{self._rest}/issueLinkType/{kind.id}",
            },
            "inwardIssue": self.stub(link.source),
            "outwardIssue": self.stub(link.destination),
        }

    def edit_fields(self, issue: Issue) -> dict[str, Json]:
        """What `editmeta` tells of the fields on the edit screen."""
        return {
            field.id: self._edit_field(field)
            for field in self._site.field_defs.values()
            if field.on_screen and field.project_id in {None, issue.project_id}
        }

    def _edit_field(self, field: FieldDef) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "required": field.id in {"summary", "issuetype"},
            "schema": schema(field),
            "name": field.name,
            "key": field.id,
            "operations": ["add", "set", "remove"] if field.type == "array" else ["set"],
        }
        if field.options:
            shown["allowedValues"] = [self._option(field, number) for number in field.options]
        if field.id == "priority":
            shown["allowedValues"] = [self.priority(number) for number in self._site.priorities]
        return shown

    def transitions(self) -> list[dict[str, Json]]:
        """One transition to every status."""
        return [
            {
                "id": status.id,
                "name": status.name,
                "to": self.status(status.id),
                "hasScreen": False,
                "isGlobal": True,
                "isInitial": False,
                "isAvailable": True,
                "isConditional": False,
                "looped": False,
            }
            for status in self._site.statuses.values()
        ]

    def _epic_key(self, issue: Issue) -> str | None:
        parent = self._site.issues.get(issue.fields.get("parent") or 0)
        if parent is None or self._site.types[parent.type_id].level != 1:
            return None
        return self._site.key_of(parent)


# Fields that are not kept among an issue's `fields`, or that show other issues.
_OWN: dict[str, Callable[[Renderer, Issue], Json]] = {
    "issuetype": lambda r, i: r.type_of(i),
    "project": lambda r, i: r.project_of(i),
    "status": lambda r, i: r.status(i.status_id),
    "created": lambda r, i: r.instant(i.created),
    "updated": lambda r, i: r.instant(i.updated),
    "statuscategorychangedate": lambda r, i: r.instant(i.status_changed),
    "creator": lambda r, i: r.user(i.creator),
    "subtasks": lambda r, i: r.subtasks(i),
    "issuelinks": lambda r, i: r.links_of(i),
    "comment": lambda r, i: r.embedded_comments(i),
    "parent": lambda r, i: r.stub(i.fields["parent"]),
}


def schema(field: FieldDef) -> dict[str, Json]:
    """The type description of a field."""
    shown: dict[str, Json] = {"type": field.type or "any"}
    if field.items:
        shown["items"] = field.items
    if field.custom:
        shown |= {"custom": field.custom, "customId": int(field.id.rpartition("_")[2])}
    else:
        shown["system"] = field.id
    return shown
