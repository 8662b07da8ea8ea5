"""Microsoft Project files: plans saved as XML (MSPDI), read whole and written in place."""

from __future__ import annotations

from connectors.base import Connector, Context
from connectors.ms_project.connector import ProjectFileConnector
from connectors.ms_project.settings import ProjectFileSettings

__all__ = ["ProjectFileConnector", "ProjectFileSettings", "build"]


def build(settings: ProjectFileSettings, context: Context) -> Connector:
    """The connector of one `kind: project_file` source."""
    return ProjectFileConnector(settings, context)
