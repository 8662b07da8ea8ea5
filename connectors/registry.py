"""Every kind of source, by name. Nothing heavy is imported before a kind is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import msgspec
from pydantic import BaseModel

from connectors.base import Connector, Context


class Kind(msgspec.Struct, frozen=True):
    """A kind of source: where its settings model and its factory are, as `module:attribute`.

    `told` are the columns of an item whose every change its timeline tells, so that they can be replayed.
    """

    name: str
    settings: str
    factory: str
    told: frozenset[str] = frozenset()

    def settings_model(self) -> type[BaseModel]:
        """The pydantic model of one `sources:` entry of this kind."""
        return cast("type[BaseModel]", _load(self.settings))

    def build(self, settings: BaseModel, context: Context) -> Connector:
        """The connector for one configured source. No request is made before it is used."""
        return cast("Connector", _load(self.factory)(settings, context))


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


# What both trackers tell of every edit. Neither tells health, money, or fields that only Dovetail reads.
_TOLD = frozenset(
    (
        "key", "scope", "title", "type", "status", "state", "owner_id", "priority", "severity", "parent_id",
        "start", "due", "iteration_id", "release_ids", "points", "estimate_hours", "labels", "is_blocked",
    )
)  # fmt: skip

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("jira", "connectors.jira.settings:JiraSettings", "connectors.jira:build", _TOLD),
        Kind(
            "azure_devops",
            "connectors.azure_devops.settings:AzureDevOpsSettings",
            "connectors.azure_devops:build",
            _TOLD | {"board_column", "remaining_hours", "spent_hours"},
        ),
        Kind(
            "project_file",
            "connectors.ms_project.settings:ProjectFileSettings",
            "connectors.ms_project:build",
        ),
    )
}
