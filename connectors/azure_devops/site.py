"""What is known of one organisation during a run, each thing asked for once and only when it is needed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from connectors.azure_devops.client import AzureDevOpsClient
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.base import Context


class Site:
    """One organisation through one account."""

    def __init__(
        self, settings: AzureDevOpsSettings, context: Context, client: AzureDevOpsClient | None = None
    ) -> None:
        self.settings = settings
        self.context = context
        self.client = client or AzureDevOpsClient(settings, context)
        self.zone = ZoneInfo(context.timezone)
