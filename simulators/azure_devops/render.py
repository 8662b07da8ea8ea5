"""How the organisation shows itself: work items, identities, relations, comments and tree nodes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote

from simulators.azure_devops import catalogue
from simulators.azure_devops.model import NEVER, Comment, Item, Json, Node, Relation, iso
from simulators.azure_devops.state import State
from simulators.azure_devops.values import LONG_TEXT

Expand: TypeAlias = Literal["none", "relations", "fields", "links", "all"]
_LEVELS = {"area": "System.AreaLevel", "iteration": "System.IterationLevel"}
_PLACED = frozenset({"System.TeamProject", "System.AreaId", "System.IterationId", "System.IsDeleted"})
# What only `$expand=all`, a list of fields, or the reporting cursor shows (recorded: GET workItems/973).
_RARE = frozenset(
    {
        "System.Id",
        "System.AreaId",
        "System.NodeName",
        "System.Rev",
        "System.AuthorizedDate",
        "System.RevisedDate",
        "System.IterationId",
        "System.AuthorizedAs",
        "System.PersonId",
        "System.Watermark",
        "System.IsDeleted",
        "System.AttachedFileCount",
        "System.HyperLinkCount",
        "System.ExternalLinkCount",
        "System.RelatedLinkCount",
        "System.RemoteLinkCount",
    }
)
_COUNTED = frozenset(name for name in _RARE if name.endswith(("LinkCount", "FileCount")))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants of the fields: `names` None for all, identities as objects, long texts."""

    names: frozenset[str] | None = None
    identity_ref: bool = True
    long_text: bool = True
    deleted: bool = False
    tag_refs: bool = False


class Renderer:
    """Renders what one request asks for; nothing in it outlives the request."""

    def __init__(self, state: State, base: str, identity_base: str | None = None) -> None:
        self.state = state
        self.base = base
        self.identity_base = identity_base or base
        self._people: dict[str, dict[str, Json]] = {}
        self._texts: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._places: dict[int, dict[str, Json]] = {}
        self._identities = {name for name, field in state.field_defs.items() if field.is_identity}
        self._long = {name for name, field in state.field_defs.items() if field.type in LONG_TEXT}

    # people

    def identity(self, descriptor: str) -> dict[str, Json]:
        """An account as items show it."""
        kept = self._people.get(descriptor)
        if kept is None:
            user = self.state.users[descriptor]
            avatar = f"{self.base}/_apis/GraphProfile/MemberAvatars/{descriptor}"
            kept = {
                "displayName": user.name,
                "url": f"{self.identity_base}/_apis/Identities/{user.id}",
                "_links": {"avatar": {"href": avatar}},
                "id": user.id,
                "uniqueName": user.email or f"{user.domain}\\{user.id}",
                "imageUrl": avatar,
                "descriptor": descriptor,
            }
            if user.kind == "group":
                kept["isContainer"] = True
            self._people[descriptor] = kept
        return kept

    def identity_text(self, descriptor: str) -> str:
        """An account as `Name <address>`."""
        kept = self._texts.get(descriptor)
        if kept is None:
            user = self.state.users[descriptor]
            kept = self._texts[descriptor] = f"{user.name} <{user.email or user.id}>"
        return kept

    def _who(self, descriptor: str, as_object: bool) -> Json:
        return self.identity(descriptor) if as_object else self.identity_text(descriptor)

    # fields

    def fields(self, item: Item, rev: int, wish: Wish, at: int | None = None) -> dict[str, Json]:
        """The fields of a revision in the order of recorded answers; empty ones are absent."""
        values = item.state_at(rev)
        revision = item.revisions[rev - 1]
        changed = iso(revision.at)
        refs = wish.identity_ref
        author = self._who(revision.by, refs)
        found: dict[str, Json] = {
            "System.Id": item.id,
            **self._place(values["System.AreaId"]),
            "System.TeamProject": self.state.projects[values["System.TeamProject"]].name,
            "System.Rev": rev,
            "System.AuthorizedDate": changed,
            "System.RevisedDate": NEVER if rev == item.rev else iso(item.revisions[rev].at),
            **self._place(values["System.IterationId"]),
            "System.WorkItemType": values["System.WorkItemType"],
            "System.State": values["System.State"],
            "System.Reason": values.get("System.Reason", ""),
        }
        if "System.AssignedTo" in values:
            found["System.AssignedTo"] = self._who(values["System.AssignedTo"], refs)
        found["System.CreatedDate"] = values["System.CreatedDate"]
        found["System.CreatedBy"] = self._who(values["System.CreatedBy"], refs)
        found["System.ChangedDate"] = changed
        found["System.ChangedBy"] = found["System.AuthorizedAs"] = author
        found["System.PersonId"] = self._person_id(revision.by)
        found["System.Watermark"] = revision.watermark
        # A recorded update shows it as a field like any other, so it is there for those who name it.
        if wish.deleted or (wish.names is not None and "System.IsDeleted" in wish.names):
            found["System.IsDeleted"] = bool(values.get("System.IsDeleted"))
        self._count(found, item, values, rev, at)
        found["System.Title"] = values.get("System.Title", "")
        for name, value in values.items():
            if name in found or name in _PLACED or (name in self._long and not wish.long_text):
                continue
            found[name] = self._who(value, refs) if name in self._identities else value
        if wish.tag_refs and "System.Tags" in found:
            found["System.Tags"] = [self._tag(name) for name in found["System.Tags"].split("; ")]
        if wish.names is None:
            return found
        return {name: value for name, value in found.items() if name in wish.names}

    def _person_id(self, descriptor: str) -> int:
        kept = self._numbers.get(descriptor)
        if kept is None:
            kept = self._numbers[descriptor] = int(self.state.users[descriptor].id[:7], 16)
        return kept

    def _place(self, node_id: int) -> dict[str, Json]:
        kept = self._places.get(node_id)
        if kept is None:
            node, path = self.state.nodes[node_id], self.state.path_of(node_id)
            names = path.split("\\")
            word = "Area" if node.tree == "area" else "Iteration"
            kept = {f"System.{word}Id": node_id, f"System.{word}Path": path}
            if node.tree == "area":
                kept["System.NodeName"] = names[-1]
            kept |= {f"{_LEVELS[node.tree]}{level}": name for level, name in enumerate(names, start=1)}
            self._places[node_id] = kept
        return kept

    def _count(
        self, found: dict[str, Json], item: Item, values: dict[str, Json], rev: int, at: int | None
    ) -> None:
        related = remote = 0
        if item.events:
            if at is None and rev < item.rev:
                at = item.revisions[rev].at - 1
            for relation in self.relations_at(item, at):
                if relation.target is not None:
                    related += 1
                elif catalogue.is_work_item_link(relation.rel):
                    remote += 1
        found["System.AttachedFileCount"] = values.get("System.AttachedFileCount", 0)
        found["System.HyperLinkCount"] = values.get("System.HyperLinkCount", 0)
        found["System.ExternalLinkCount"] = values.get("System.ExternalLinkCount", 0)
        found["System.RelatedLinkCount"] = related
        found["System.CommentCount"] = values.get("System.CommentCount", 0)
        found["System.RemoteLinkCount"] = remote

    def _tag(self, name: str) -> dict[str, Json]:
        return {"id": self.state.guid("tag", name.casefold()), "name": name}

    # items

    def item(
        self,
        item: Item,
        expand: Expand = "none",
        names: Collection[str] | None = None,
        at: int | None = None,
        *,
        rev: int | None = None,
        linked: bool = True,
    ) -> dict[str, Json]:
        """A work item, now or as of an instant or revision; `linked` gives `_links` as single reads do."""
        rev = rev or (item.rev if at is None else item.rev_at(at))
        wish = Wish(None if names is None else frozenset(names))
        fields = self.fields(item, rev, wish, at)
        relations = self.relations_at(item, at)
        if names is None and expand != "all":
            fields = {k: v for k, v in fields.items() if k not in _RARE and not k.startswith(_LEVEL_NAMES)}
        elif expand == "all":
            fields = {k: v for k, v in fields.items() if k not in _COUNTED}
        parent = next((r.target for r in relations if r.rel == "System.LinkTypes.Hierarchy-Reverse"), None)
        if parent is not None and (names is None or "System.Parent" in names):
            fields["System.Parent"] = parent
        project = item.state_at(rev)["System.TeamProject"]
        short = names is not None and "System.TeamProject" not in names
        found: dict[str, Json] = {"id": item.id, "rev": rev, "fields": fields}
        found["multilineFieldsFormat"] = (
            {name: item.formats.get(name, "html") for name in fields if name in self._long}
            if any(name in self._long for name in fields)
            else {}
        )
        if expand in {"relations", "all"} and relations:
            found["relations"] = [self.relation(relation) for relation in relations]
        if expand in {"links", "all"} or (linked and names is None):
            found["_links"] = self._links(item, project)
        found["url"] = f"{self.base}{'' if short else '/' + project}/_apis/wit/workItems/{item.id}"
        return found

    def _links(self, item: Item, project: str) -> dict[str, Json]:
        own = f"{self.base}/{project}/_apis/wit/workItems/{item.id}"
        kind = quote(item.state["System.WorkItemType"])
        return {
            "self": {"href": own},
            "workItemUpdates": {"href": f"{own}/updates"},
            "workItemRevisions": {"href": f"{own}/revisions"},
            "workItemComments": {"href": f"{own}/comments"},
            "html": {"href": f"{self.base}/{project}/_workitems/edit/{item.id}"},
            "workItemType": {"href": f"{self.base}/{project}/_apis/wit/workItemTypes/{kind}"},
            "fields": {"href": f"{self.base}/{project}/_apis/wit/fields"},
        }

    def relations_at(self, item: Item, at: int | None) -> list[Relation]:
        """The relations now, or as they were at an instant."""
        if at is None:
            return item.relations
        found: list[Relation] = []
        for event in item.events:
            if event.at > at:
                continue
            if event.added:
                found.append(event.relation)
            else:
                found = [r for r in found if (r.rel, r.target, r.url) != _key(event.relation)]
        return found

    def relation(self, relation: Relation) -> dict[str, Json]:
        """A relation of an item."""
        name = catalogue.RELATION_TYPES[relation.rel]["name"]
        url, attributes = relation.url, {"isLocked": False, "name": name}
        if relation.target is not None:
            url = self.item_url(relation.target)
        elif not catalogue.is_work_item_link(relation.rel):
            created = iso(relation.at)
            attributes = {
                "authorizedDate": created,
                "id": relation.id,
                "resourceCreatedDate": created,
                "resourceModifiedDate": created,
                "revisedDate": NEVER,
            }
        if relation.comment:
            attributes["comment"] = relation.comment
        return {"rel": relation.rel, "url": url, "attributes": attributes}

    def item_url(self, item_id: int) -> str:
        """The API address of an item, below its project's GUID."""
        other = self.state.items.get(item_id)
        project = f"/{other.state['System.TeamProject']}" if other else ""
        return f"{self.base}{project}/_apis/wit/workItems/{item_id}"

    # comments

    def comment(self, item: Item, comment: Comment, *, rendered: bool = False) -> dict[str, Json]:
        """A comment, in its present version."""
        first, last = comment.versions[0], comment.versions[-1]
        project = item.state["System.TeamProject"]
        found: dict[str, Json] = {
            "mentions": [],
            "workItemId": item.id,
            "id": comment.id,
            "version": len(comment.versions),
            "text": last.text,
            "createdBy": self.identity(first.by),
            "createdDate": iso(first.at),
            "modifiedBy": self.identity(last.by),
            "modifiedDate": iso(last.at),
            "format": comment.format,
        }
        if rendered:
            found["renderedText"] = last.rendered
        if last.deleted:
            found["isDeleted"] = True
        found["url"] = f"{self.base}/{project}/_apis/wit/workItems/{item.id}/comments/{comment.id}"
        return found

    # trees

    def node(self, node: Node, depth: int, *, top: bool = True) -> dict[str, Json]:
        """An area or iteration with so many levels below it."""
        url = self._node_url(node)
        found: dict[str, Json] = {
            "id": node.id,
            "identifier": node.identifier,
            "name": node.name,
            "structureType": node.tree,
            "hasChildren": bool(node.children),
        }
        if node.start or node.finish:
            dates = {"startDate": node.start, "finishDate": node.finish}
            found["attributes"] = {k: f"{day}T00:00:00Z" for k, day in dates.items() if day}
        if depth > 0 and node.children:
            found["children"] = [
                self.node(self.state.nodes[number], depth - 1, top=False) for number in node.children
            ]
        project, _, rest = self.state.path_of(node.id).partition("\\")
        word = "Area" if node.tree == "area" else "Iteration"
        found["path"] = f"\\{project}\\{word}" + (f"\\{rest}" if rest else "")
        if top:
            found["_links"] = {"self": {"href": url}}
            if node.parent is not None:
                found["_links"]["parent"] = {"href": self._node_url(self.state.nodes[node.parent])}
        found["url"] = url
        return found

    def _node_url(self, node: Node) -> str:
        word = "Areas" if node.tree == "area" else "Iterations"
        names = self.state.path_of(node.id).split("\\")[1:]
        path = "".join(f"/{quote(name)}" for name in names)
        return f"{self.base}/{node.project_id}/_apis/wit/classificationNodes/{word}{path}"


_LEVEL_NAMES = tuple(_LEVELS.values())


def _key(relation: Relation) -> tuple[str, int | None, str]:
    return (relation.rel, relation.target, relation.url)
