"""The builder: a simulated organisation that tests and demonstrations fill with people and work."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from simulators.azure_devops import discussion, links
from simulators.azure_devops.changes import revise
from simulators.azure_devops.model import Item, Json, iso
from simulators.azure_devops.options import Options
from simulators.azure_devops.render import Renderer
from simulators.azure_devops.server import AzureDevOpsServer
from simulators.azure_devops.structure import Structure
from simulators.azure_devops.values import canonical
from simulators.clock import Clock, from_ms


class AzureDevOps(Structure):
    r"""State and behaviour of one organisation of Azure DevOps Services, without a network until `serve`.

    Fields are given by reference name: areas and iterations as paths (`Retail\Checkout`), people as
    addresses, dates as `date`, `datetime` or ISO text. Edits made here are people's: they make revisions and
    no mail. Everything that is not possible over the API is possible here, so rules are not checked.

    Args:
        clock: the organisation's own clock; a standing one by default.
        seed: makes ids, tokens and generated data repeatable.
        organisation: its name in addresses.
        bot_name: the account that `token` belongs to.
        bot_email: its address.
        bot_time_zone: its profile zone, in which WIQL reads dates without one. It is far from UTC by default,
            because that is what finds time zone defects.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        seed: int = 0,
        *,
        organisation: str = "demo",
        bot_name: str = "Dovetail",
        bot_email: str = "bot@demo.example",
        bot_time_zone: str = "America/Los_Angeles",
    ) -> None:
        super().__init__(clock, seed, organisation)
        self.requests: list[tuple[str, str, int]] = []  # (method, path template, status)
        self.bot_time_zone = bot_time_zone
        self.bot = self.add_user(bot_name, bot_email)
        self.token = self.add_token(bot_email)
        generator = random.Random(f"{seed} access token")
        self.access_token = (
            f"simulatedAccess.{generator.getrandbits(160):040x}.signature"  # as Entra issues them
        )
        self.tokens[self.access_token] = self.bot

    # work items

    def create_item(
        self,
        project: str,
        type_: str,
        fields: Mapping[str, Json] | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """Create a work item and return its id."""
        with self.writing():
            home = self.project(project)
            kind = self.types_named(home, type_)
            number = self.next_id("item")
            given = {"System.Title": f"{type_} {number}", "System.State": kind.states[0].name} | dict(
                fields or {}
            )
            author = self.person(by).descriptor if by else self.bot
            return self.new_item(
                home.id, type_, canonical(self, home, given), author, self.when(at), number
            ).id

    def new_item(
        self, project_id: str, type_: str, values: dict[str, Json], by: str, at: int, number: int
    ) -> Item:
        """The first revision of an item; values are in canonical form."""
        home = self.projects[project_id]
        item = Item(number)
        kind = self.types_of(home)[type_]
        defaults = {ref: use.default for ref, use in kind.fields.items() if use.default is not None}
        first = {
            "System.TeamProject": project_id,
            "System.WorkItemType": type_,
            "System.AreaId": home.area_root,
            "System.IterationId": home.iteration_root,
            "System.CreatedBy": by,
            "System.CreatedDate": iso(at),
            "System.CommentCount": 0,
        }
        revise(self, item, first | defaults | {k: v for k, v in values.items() if v is not None}, by, at)
        self.items[item.id] = item
        return item

    def edit_item(
        self, item_id: int, fields: Mapping[str, Json], by: str | None = None, at: datetime | None = None
    ) -> None:
        """A new revision; None empties a field. Nothing happens where nothing changes."""
        with self.writing():
            item = self.items[item_id]
            values = canonical(self, self.project_of(item), fields)
            revise(self, item, values, self._by(by), self.when(at))

    def link(
        self,
        item_id: int,
        rel: str,
        target: int | str,
        by: str | None = None,
        at: datetime | None = None,
        comment: str = "",
    ) -> None:
        """Add a relation: to an item by its id, or to an address (`Hyperlink`, remote links)."""
        with self.writing():
            links.add_relation(self, self.items[item_id], rel, target, self._by(by), self.when(at), comment)

    def unlink(
        self, item_id: int, rel: str, target: int | str, by: str | None = None, at: datetime | None = None
    ) -> None:
        """Remove a relation."""
        with self.writing():
            item = self.items[item_id]
            links.drop_relation(
                self, item, links.find_relation(item, rel, target), self._by(by), self.when(at)
            )

    def delete_item(self, item_id: int, by: str | None = None, at: datetime | None = None) -> None:
        """Into the recycle bin: a revision of its own."""
        with self.writing():
            item = self.items[item_id]
            item.deleted_by = self._by(by)
            revise(self, item, {"System.IsDeleted": True}, item.deleted_by, self.when(at))

    def restore_item(self, item_id: int, by: str | None = None, at: datetime | None = None) -> None:
        """Back from the recycle bin."""
        with self.writing():
            self.items[item_id].deleted_by = None
            revise(self, self.items[item_id], {"System.IsDeleted": None}, self._by(by), self.when(at))

    def destroy_item(self, item_id: int) -> None:
        """Remove an item for good: no cursor tells of it."""
        with self.writing():
            item = self.items.pop(item_id)
            for revision in item.revisions:
                self.log[revision.watermark - 1] = (0, 0)
            for relation in item.relations:
                other = self.items.get(relation.target or 0)
                if other is not None:
                    other.relations = [r for r in other.relations if r.target != item_id]

    def move_item(
        self,
        item_id: int,
        project: str,
        type_: str | None = None,
        *,
        area: str | None = None,
        iteration: str | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Move an item to another project; its id stays."""
        with self.writing():
            item, home = self.items[item_id], self.project(project)
            kind = self.types_named(home, type_ or item.state["System.WorkItemType"])
            paths = {"System.AreaPath": area or home.name, "System.IterationPath": iteration or home.name}
            changes = {"System.TeamProject": home.id, "System.WorkItemType": kind.name}
            changes |= canonical(self, home, paths)
            if kind.state(item.state["System.State"]) is None:
                changes["System.State"] = kind.states[0].name
            revise(self, item, changes, self._by(by), self.when(at))

    def retype_item(
        self, item_id: int, type_: str, *, by: str | None = None, at: datetime | None = None
    ) -> None:
        """Change the type of an item."""
        self.move_item(
            item_id,
            self.project_of(self.items[item_id]).name,
            type_,
            area=self.path_of(self.items[item_id].state["System.AreaId"]),
            iteration=self.path_of(self.items[item_id].state["System.IterationId"]),
            by=by,
            at=at,
        )

    def hide_item(self, item_id: int, hidden: bool = True) -> None:
        """Take away (or give back) the bot's permission to read an item."""
        with self.writing():
            self.items[item_id].hidden = hidden

    # comments

    def add_comment(self, item_id: int, text: str, by: str | None = None, at: datetime | None = None) -> int:
        """A person comments in HTML; returns the comment's id."""
        with self.writing():
            found = discussion.add(self, self.items[item_id], text, "html", self._by(by), self.when(at))
            return found.id

    def edit_comment(
        self, item_id: int, comment_id: int, text: str, by: str | None = None, at: datetime | None = None
    ) -> None:
        """A person edits a comment."""
        with self.writing():
            item = self.items[item_id]
            comment = discussion.find(item, comment_id)
            discussion.edit(self, item, comment, text, None, self._by(by), self.when(at))

    def delete_comment(
        self, item_id: int, comment_id: int, by: str | None = None, at: datetime | None = None
    ) -> None:
        """A person deletes a comment; it stays listed as deleted."""
        with self.writing():
            item = self.items[item_id]
            discussion.delete(self, item, discussion.find(item, comment_id), self._by(by), self.when(at))

    # reading back

    def item(self, item_id: int) -> dict[str, Json]:
        """The item as `GET …/workitems/{id}?$expand=all` shows it, with addresses of the real service."""
        with self.lock:
            base = f"https://dev.azure.com/{self.organisation}"
            return Renderer(self, base).item(self.items[item_id], expand="all")

    def comments_of(self, item_id: int) -> list[dict[str, Json]]:
        """The comments of an item that are not deleted, oldest first, as the API shows them."""
        with self.lock:
            renderer = Renderer(self, f"https://dev.azure.com/{self.organisation}")
            item = self.items[item_id]
            return [renderer.comment(item, comment) for comment in item.comments if not comment.deleted]

    def serve(
        self, options: Options | None = None, *, port: int = 0, host: str = "127.0.0.1"
    ) -> AzureDevOpsServer:
        """The organisation on two loopback ports, as a context manager with `url` and `identity_url`."""
        return AzureDevOpsServer(self, options, port=port, host=host)

    def dump(self) -> dict[str, Json]:
        """The whole organisation as JSON data: equal ones give equal dumps. Requests are no part of it."""
        own = {name: getattr(self, name) for name in ("bot", "token", "access_token", "bot_time_zone")}
        return super().dump() | own

    def load(self, data: dict[str, Json]) -> None:
        """Become the organisation that a dump describes; the clock is the caller's to set."""
        super().load(data)
        self.bot, self.token = data["bot"], data["token"]
        self.access_token, self.bot_time_zone = data["access_token"], data["bot_time_zone"]

    @classmethod
    def restore(cls, data: Mapping[str, Json], clock: Clock | None = None) -> Self:
        """The organisation that `dump` described, on a clock that stands where its clock stood."""
        site = cls(clock or Clock(from_ms(data["clock"])), data["seed"], organisation=data["organisation"])
        site.load(dict(data))
        return site

    def _by(self, email: str | None) -> str:
        return self.person(email).descriptor if email else self.bot
