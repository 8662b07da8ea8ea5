"""Every kind of source, by name. Nothing heavy is imported before a kind is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import msgspec
from pydantic import BaseModel

from connectors.base import Connector, Context


class Kind(msgspec.Struct, frozen=True):
    """A kind of source: where its settings model and its factory are, as `module:attribute`."""

    name: str
    settings: str
    factory: str

    def settings_model(self) -> type[BaseModel]:
        """The pydantic model of one `sources:` entry of this kind."""
        return cast("type[BaseModel]", _load(self.settings))

    def build(self, settings: BaseModel, context: Context) -> Connector:
        """The connector for one configured source. No request is made before it is used."""
        return cast("Connector", _load(self.factory)(settings, context))


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("jira", "connectors.jira.settings:JiraSettings", "connectors.jira:build"),
        Kind(
            "azure_devops",
            "connectors.azure_devops.settings:AzureDevOpsSettings",
            "connectors.azure_devops:build",
        ),
        Kind(
            "project_file",
            "connectors.ms_project.settings:ProjectFileSettings",
            "connectors.ms_project:build",
        ),
    )
}
