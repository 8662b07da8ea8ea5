"""The processes of the projects: what states mean by type, and on which backlog level an own type stands.

A state's category depends on project, type and name: CMMI's Resolved is work in progress for a Requirement
and resolved for a Bug (facts/azure_devops.md §3). Nothing here knows a state by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.answers import Refusal
from connectors.azure_devops import wire
from connectors.azure_devops.client import AzureDevOpsClient
from connectors.azure_devops.mapping_site import ITERATION, nodes
from connectors.azure_devops.settings import AzureDevOpsSettings
from portfolio.errors import AccessDenied, TargetMissing

# Categories of types, which inherited processes fill with types of their own.
_LEVELS = {
    "Microsoft.EpicCategory": "epic",
    "Microsoft.FeatureCategory": "feature",
    "Microsoft.RequirementCategory": "story",
    "Microsoft.BugCategory": "bug",
    "Microsoft.TaskCategory": "task",
}


class ProcessBook:
    """What types and states mean, project by project, asked for when the first item needs it."""

    def __init__(
        self, settings: AzureDevOpsSettings, client: AzureDevOpsClient, project_ids: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._client = client
        self._project_ids = project_ids
        self._states: dict[str, dict[tuple[str, str], str]] = {}
        self._levels: dict[str, dict[str, str]] = {}
        self._fresh: set[str] = set()  # projects whose types were asked for again in this run
        self._by_name: dict[tuple[str, str], str] = {}
        self._trees: dict[str, list[wire.Node]] = {}
        self._iterations: dict[str, int] = {}  # path → id, as revisions show both

    def project_id(self, project: str) -> str | None:
        """The id of a project by its name."""
        return self._project_ids.get(project)

    def category(self, project: str, type_: str, state: str) -> str | None:
        """The category of a state, asked for once more where it is not known: processes change.

        A type that has gone, or an item's time in a project that cannot be seen, is read by what the same
        state of the same type, or else of any type, means elsewhere, where it means one thing only.
        """
        known = self.states(project).get((type_, state))
        if known is None and project in self._project_ids and project not in self._fresh:
            self._fresh.add(project)
            self._states.pop(project, None)
            known = self.states(project).get((type_, state))
        return known or self._by_name.get((type_, state), self._by_name.get(("", state))) or None

    def states(self, project: str) -> dict[tuple[str, str], str]:
        """(type, state) → category."""
        found = self._states.get(project)
        if found is None:
            found = {}
            if project in self._project_ids:
                for type_ in self.types(project):
                    for state in type_.states or ():
                        found[type_.name, state.name] = state.category
            self._states[project] = found
            for (type_name, state_name), category in found.items():
                for name in ((type_name, state_name), ("", state_name)):
                    if self._by_name.setdefault(name, category) != category:
                        self._by_name[name] = ""  # types disagree, and nobody knows which one is right
        return found

    def types(self, project: str) -> list[wire.ItemType]:
        """The work item types of a project; none where it cannot be seen."""
        try:
            return self._client.types(self._project_ids.get(project, project))
        except (AccessDenied, TargetMissing, Refusal):
            return []

    def trees(self, project: str) -> list[wire.Node]:
        """The roots of a project's areas and iterations, asked for once in a run.

        Raises:
            SourceError: they cannot be read.
        """
        found = self._trees.get(project)
        if found is None:
            found = self._trees[project] = self._client.trees(self._project_ids.get(project, project))
            for root in found:
                if root.structure_type == ITERATION:
                    self._iterations.update((path, node.id) for path, node in nodes(root))
        return found

    def learn_iteration(self, path: str, node: int) -> None:
        """A revision shows the path and the id of its iteration."""
        self._iterations[path] = node

    def iteration(self, project: str, path: str) -> int | None:
        """The id of an iteration by its path; None where the trees do not have it."""
        if path not in self._iterations and project not in self._trees:
            try:
                self.trees(project)
            except (AccessDenied, TargetMissing, Refusal):
                self._trees[project] = []
        return self._iterations.get(path)

    def level_kind(self, project: str, type_: str) -> str | None:
        """The kind that the backlog level of an own type stands for; None where it is on none."""
        levels = self._levels.get(project)
        if levels is None:
            levels = self._levels[project] = self._read_levels(project)
        return levels.get(type_)

    def _read_levels(self, project: str) -> dict[str, str]:
        try:
            categories = self._client.type_categories(self._project_ids.get(project, project))
        except (AccessDenied, TargetMissing, Refusal):
            return {}
        found: dict[str, str] = {}
        for category in categories:
            kind = _LEVELS.get(category.reference_name)
            if kind is None and category.reference_name.startswith("Microsoft."):
                continue  # test cases, feedback, code reviews, hidden types
            for one in category.work_item_types:
                # A portfolio level above epics has a category of the process's own.
                found.setdefault(one.name, kind or "initiative")
        return found
