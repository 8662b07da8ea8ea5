"""What another process may ask of the simulated Jira beside its API."""

from __future__ import annotations

from typing import Any

from simulators.control import ControlDoor
from simulators.jira.limits import RateLimit
from simulators.jira.load import bulk_load


class Control(ControlDoor):
    """The door of a simulated site."""

    operations = frozenset(
        {"add_user", "edit_user", "remove_user", "add_project", "edit_project", "rename_project", "add_board"}
        | {
            "add_version",
            "edit_version",
            "delete_version",
            "add_sprint",
            "edit_sprint",
            "add_field",
            "edit_field",
        }
        | {"remove_field", "add_status", "add_issue_type", "create_issue", "edit_issue", "transition", "link"}
        | {
            "unlink",
            "delete_issue",
            "move_issue",
            "hide_issue",
            "archive_issue",
            "add_comment",
            "edit_comment",
        }
        | {"delete_comment", "issue", "comments"}
    )
    instants = ("at", "start", "end", "complete")

    def _own_options(self, changes: dict[str, Any]) -> dict[str, Any]:
        if changes.get("rate_limit") is not None:
            changes["rate_limit"] = RateLimit(**changes["rate_limit"])
        return changes

    def _post_load(self, body: Any) -> Any:
        return {"keys": len(bulk_load(self._server.site, **body))}
