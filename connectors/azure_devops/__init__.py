"""Azure DevOps Services. `connector.py` is the Connector; the others are its parts, named as everywhere."""

from __future__ import annotations

from connectors.azure_devops.connector import AzureDevOpsConnector
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.base import Connector, Context

__all__ = ["AzureDevOpsConnector", "AzureDevOpsSettings", "build"]


def build(settings: AzureDevOpsSettings, context: Context) -> Connector:
    """The connector of one configured organisation. Nothing is sent before it is used."""
    return AzureDevOpsConnector(settings, context)
