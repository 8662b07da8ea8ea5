"""The vendor's Jira Cloud descriptions as validators, and where the live service is known to differ."""

from __future__ import annotations

import re
from functools import lru_cache

from openapi import Deviation, Recorder, Validator, Watched
from shared import shared

DEVIATIONS = (
    Deviation(
        r"^POST /rest/api/3/changelog/bulkfetch 200",
        r"\.created: \d+ is not of type 'string'",
        "The operation's own example has a number; two public projects that read live sites report epoch "
        "milliseconds (1683203510869). The schema says date-time.",
    ),
    Deviation(
        r"(changelog|issue|search)",
        r"\.items\[\d+\]\.(from|fromString|to|toString): None is not of type 'string'",
        "Recorded histories of live sites have null for an empty side: facts/jira.md §1.3, "
        "samples/jira_jirametrics_sp.",
    ),
    Deviation(
        r"(issue|search)",
        r"'tmpFromAccountId', 'tmpToAccountId' were unexpected",
        "Histories of assignee changes carry them beside from/to (facts/jira.md §1.7).",
    ),
    Deviation(
        r"^(GET|POST) /rest/api/3/search 410",
        r"status 410",
        "Removed since 2025: pycontribs/jira#2369 quotes the answer (facts/jira.md §1.1).",
    ),
    Deviation(
        r"",
        r"status (401|405|429|500|502|503|504) is not described",
        "Gateway answers that hold for every operation (facts/jira.md §1.10, §1.11).",
    ),
    Deviation(
        r"^GET /rest/agile/1.0/board/{boardId}/configuration 200",
        r"\.location: Additional properties are not allowed \('id', 'key', 'name' were unexpected\)",
        "The operation's own example, and a recorded answer in "
        "samples/jira_jirametrics_sp/board_1_configuration.json.",
    ),
)


def _rewritten(path: str) -> str:
    """The description knows the site's URL and version 3 only; version 2 has the same operations."""
    path = re.sub(r"^/ex/jira/[^/]+", "", path)
    return re.sub(r"^/rest/api/(2|latest)/", "/rest/api/3/", path)


@lru_cache(maxsize=1)
def validators() -> tuple[Validator, Validator]:
    """Platform and agile; skips the test where the descriptions are absent."""
    platform = shared("specs/jira/jira-cloud-platform-v3.2026-02.swagger-v3.v3.json")
    agile = shared("specs/jira/jira-software-cloud-agile-1.0.2022-07.swagger.v3.json")
    return (
        Validator(platform, rewrite=_rewritten, deviations=DEVIATIONS),
        Validator(agile, rewrite=_rewritten, deviations=DEVIATIONS),
    )


def recorder(server: Watched) -> Recorder:
    """Validate all traffic of a Jira simulator; call `check()` at the end."""
    return Recorder(validators(), ignore=("/__simulator__/", "/_edge/")).watch(server)
