"""What the demo's Jira projects are about, in the words their teams would use.

An epic names the things it is made of; stories, tasks and bugs are sentences around those things. Everything
is invented: no company, product or person is meant.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Epic:
    """An epic and the things its stories, tasks and bugs are about."""

    title: str
    listed: str  # separated by commas

    @property
    def things(self) -> list[str]:
        """The things one by one."""
        return self.listed.split(", ")


@dataclass(frozen=True, slots=True)
class Theme:
    """One Jira project."""

    key: str
    name: str
    program: str
    initiative: str
    epics: tuple[Epic, ...]
    risks: tuple[str, ...]
    milestones: tuple[str, ...]
    stories: tuple[str, ...]
    bugs: tuple[str, ...]


TASKS = (
    "Write acceptance tests for the {x}",
    "Load test the {x} with the volumes of a Saturday",
    "Review the {x} with information security",
    "Describe the {x} in the service desk's handbook",
    "Set up monitoring for the {x}",
    "Prepare test data for the {x}",
    "Remove the old implementation of the {x}",
    "Agree with operations on support for the {x}",
)

# Titles that people really paste into trackers, one by one harmless wherever they are shown.
HOSTILE_TITLES = {
    "CHK": '<script>alert("paid twice")</script> in the gift note is stored as typed',
    "PAY": '=HYPERLINK("https://pay.example/refund","refund") in the settlement file opens as a formula',
    "LOY": "Receipt shows {panel:title=Bonus} *5x* | [points|https://loyalty.example] instead of the text",
}
