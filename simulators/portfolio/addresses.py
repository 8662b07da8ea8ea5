"""Where the items of the demo portfolio can be looked at, as people paste it into links."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from simulators.portfolio.model import Issue


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of the two trackers."""

    jira: str = "https://retail.example"
    boards: str = "https://dev.azure.com/shop"

    def of(self, item: Issue) -> str:
        """The page of an item."""
        if item.is_on_boards:
            return f"{self.boards}/{quote(item.project)}/_workitems/edit/{item.key}"
        return f"{self.jira}/browse/{item.key}"
