"""A simulated Azure DevOps behind the real connector, over a real socket."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from typing import Any

from side import EVERYTHING, FIELDS, TUESDAY, Side, Standing, context, wire_fault

from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.base import Connector
from simulators.azure_devops import AzureDevOps
from simulators.azure_devops import Options as BoardsOptions
from simulators.clock import Clock


class BoardsSide(Side):
    name = "boards"
    can = EVERYTHING
    _VARIABLE = "DOVETAIL_FAULTS_ADO_PAT"
    _ANA = "ana@shop.example"
    _DUE = "Microsoft.VSTS.Scheduling.TargetDate"
    _PARENT = "System.LinkTypes.Hierarchy-Reverse"

    def __init__(self, **options: Any) -> None:
        self.site = AzureDevOps(Clock(TUESDAY))
        self.site.add_user("Ana Berg", self._ANA)
        self.site.add_process("Shop Agile", parent="Agile")
        for ref, name, kind in (
            ("Custom.OpenFindings", "Open findings", "integer"),
            ("Custom.Worst", "Worst finding", "string"),
        ):
            self.site.add_field(ref, name, kind, process="Shop Agile", types=("Epic", "Feature"))
        self.site.add_project("Retail", process="Shop Agile")
        self.site.add_area("Retail", r"Retail\Checkout")
        self._epic = str(
            self.site.create_item(
                "Retail",
                "Epic",
                {"System.Title": "Checkout", "System.AssignedTo": self._ANA, "System.State": "Active"},
                by=self._ANA,
            )
        )
        self.slept = 0.0
        self.skew = timedelta()  # our clock minus theirs
        self.server = self.site.serve(BoardsOptions(**options))
        self.server.__enter__()
        self.opened: list[Connector] = []
        os.environ[self._VARIABLE] = self.site.token

    @property
    def epic(self) -> str:
        return self._epic

    def connector(self, **changes: Any) -> Connector:
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": "azure_devops",
            "url": self.server.url,
            "identity_url": self.server.identity_url,
            "auth": {"method": "pat", "token": {"env": self._VARIABLE}},
            "projects": ["Retail"],
            "items_per_page": 3,
            "write": {"comments": True, "fields": FIELDS},
        }
        settings = AzureDevOpsSettings.model_validate(entry | changes)
        one = AzureDevOpsConnector(settings, context(self.now, self._sleep))
        self.opened.append(one)
        return one

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.site.clock.advance(seconds=seconds)

    def now(self) -> datetime:
        return self.site.clock.now() + self.skew

    def pass_time(self, **duration: float) -> None:
        self.site.clock.advance(**duration)

    def add(self, due: date, *, is_owned: bool = True) -> str:
        self.pass_time(seconds=1)
        fields = {"System.Title": "work", self._DUE: due.isoformat(), "System.State": "Active"}
        fields |= {"System.AssignedTo": self._ANA} if is_owned else {}
        made = self.site.create_item("Retail", "Feature", fields, by=self._ANA)
        self.site.link(made, self._PARENT, int(self.epic), self._ANA)
        return str(made)

    def edit(self, item: str, due: date) -> None:
        self._change(item, {self._DUE: due.isoformat()})

    def _change(self, item: str, fields: dict[str, Any]) -> None:
        self.pass_time(seconds=1)
        self.site.edit_item(int(item), fields, self._ANA)

    def finish(self, item: str) -> None:
        self._change(item, {"System.State": "Closed"})

    def delete(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_item(int(item), self._ANA)

    def hide(self, item: str, *, is_hidden: bool = True) -> None:
        self.site.hide_item(int(item), is_hidden)

    def move(self, item: str) -> None:
        here = self.site.path_of(self.site.items[int(item)].state["System.AreaId"])
        self._change(item, {"System.AreaPath": "Retail" if "\\" in here else r"Retail\Checkout"})

    def reparent(self, item: str, parent: str | None) -> None:
        self.pass_time(seconds=1)
        old = self._parent_of(int(item))
        if old is not None:
            self.site.unlink(int(item), self._PARENT, old, self._ANA)
        if parent is not None:
            self.site.link(int(item), self._PARENT, int(parent), self._ANA)

    def _parent_of(self, item: int) -> int | None:
        relations = self.site.items[item].relations
        return next((one.target for one in relations if one.rel == self._PARENT), None)

    def comment(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.add_comment(int(item), text, self._ANA)

    def _our_comments(self, item: str) -> list[Any]:
        comments = self.site.items[int(item)].comments
        return [one for one in comments if one.versions[0].by == self.site.bot and not one.deleted]

    def edit_ours(self, item: str, text: str) -> None:
        self.pass_time(seconds=1)
        self.site.edit_comment(int(item), self._our_comments(item)[0].id, text, self._ANA)

    def delete_ours(self, item: str) -> None:
        self.pass_time(seconds=1)
        self.site.delete_comment(int(item), self._our_comments(item)[0].id, self._ANA)

    def write_into(self, item: str, value: int) -> None:
        self._change(item, {"Custom.OpenFindings": value})

    def truth(self) -> dict[str, Standing]:
        found = {}
        for one in self.site.items.values():
            if one.hidden or one.state.get("System.IsDeleted"):
                continue
            due = one.state.get(self._DUE)
            parent = self._parent_of(one.id)
            found[str(one.id)] = Standing(
                date.fromisoformat(str(due)[:10]) if due else None,
                one.state["System.State"] == "Closed",
                None if parent is None else str(parent),
            )
        return found

    def ours(self, item: str) -> list[str]:
        return [one.text for one in self._our_comments(item)]

    def written(self, item: str) -> dict[str, Any]:
        refs = {"open_findings": "Custom.OpenFindings", "worst_finding": "Custom.Worst"}
        state = self.site.items[int(item)].state
        return {slot: state[ref] for slot, ref in refs.items() if ref in state}

    def strike(self, kind: str, nth: int, *, on_writes: bool) -> None:
        where = {"path": "*/comments*" if nth % 2 else "*batch"} if on_writes else {}
        member = {"member": "values" if nth % 2 else "value"} if kind == "no member" else {}
        self.server.add_fault(wire_fault(kind, nth, **where, **member))

    def heal(self) -> None:
        self.server.faults.clear()

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.server.__exit__(None, None, None)
