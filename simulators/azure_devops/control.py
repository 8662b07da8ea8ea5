"""What another process may ask of the simulated Azure DevOps beside its API."""

from __future__ import annotations

from typing import Any

from simulators.azure_devops.load import bulk_load
from simulators.control import ControlDoor


class Control(ControlDoor):
    """The door of a simulated organisation. `GET budget` tells what its rate limit has cost so far."""

    operations = frozenset(
        {
            "add_user",
            "edit_user",
            "remove_user",
            "add_token",
            "add_process",
            "add_type",
            "add_state",
            "add_field",
            "add_project",
            "rename_project",
            "remove_project",
            "add_area",
            "rename_area",
            "move_area",
            "add_iteration",
            "edit_iteration",
            "rename_iteration",
            "move_iteration",
            "add_team",
            "create_item",
            "edit_item",
            "link",
            "unlink",
            "delete_item",
            "restore_item",
            "destroy_item",
            "move_item",
            "retype_item",
            "hide_item",
            "add_comment",
            "edit_comment",
            "delete_comment",
            "item",
            "comments_of",
        }
    )

    def _get_budget(self, _: Any) -> Any:
        budget = self._server.budget
        counts = {"total": budget.total, "delayed": budget.delayed, "refused": budget.refused}
        return counts | {"ideal_seconds": budget.ideal_seconds}

    def _post_load(self, body: Any) -> Any:
        return {"items": len(bulk_load(self._server.site, **body))}
