"""Jira Cloud. `connector.py` is the Connector; the other files are its parts, named as for every tracker."""

from __future__ import annotations

from connectors.base import Connector, Context
from connectors.jira.connector import JiraConnector
from connectors.jira.settings import JiraSettings

__all__ = ["JiraConnector", "JiraSettings", "build"]


def build(settings: JiraSettings, context: Context) -> Connector:
    """The connector of one configured site. Nothing is sent before it is used."""
    return JiraConnector(settings, context)
