"""Many synthetic issues at once, for benchmarks: fast to make, the same for the same seed."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from simulators.clock import to_ms
from simulators.jira.adf import from_text
from simulators.jira.model import History, Issue, Json
from simulators.jira.values import item

if TYPE_CHECKING:
    from simulators.jira.site import JiraCloud

_WORDS = (
    "order",
    "basket",
    "payment",
    "invoice",
    "refund",
    "gateway",
    "ledger",
    "screen",
    "customer",
    "delivery",
)
_SENTENCE = 90  # characters of one generated line


def bulk_load(
    site: JiraCloud,
    count: int,
    bytes_per_issue: int = 8_000,
    histories_per_issue: int = 8,
    *,
    project: str = "LOAD",
    people: int = 50,
) -> list[str]:
    """Add `count` issues to a project and return their keys.

    Every twentieth is an epic, the others hang on the epic before them. `bytes_per_issue` is the size of an
    issue as JSON with all fields, reached by its description; sizes vary a little. The histories are status
    and date changes of the year before the site's now.
    """
    generator = random.Random(site.seed)
    sentences = [_sentence(generator) for _ in range(200)]
    with site.writing():
        home = site.find_project(project) or site.add_project(project, "Synthetic load", site.bot)
        accounts = _people(site, people)
        return [
            _issue(site, home.id, generator, accounts, sentences, bytes_per_issue, histories_per_issue, index)
            for index in range(count)
        ]


def _people(site: JiraCloud, count: int) -> list[str]:
    accounts = [f"load:{number:04d}" for number in range(count)]
    for number, account in enumerate(accounts):
        if account not in site.users:
            site.add_user(account, f"Person {number:04d}", f"person{number:04d}@demo.example")
    return accounts


def _issue(
    site: JiraCloud,
    project_id: int,
    generator: random.Random,
    accounts: list[str],
    sentences: list[str],
    size: int,
    histories: int,
    index: int,
) -> str:
    home = site.projects[project_id]
    is_epic = index % 20 == 0
    created = site.clock.now() - timedelta(days=365, seconds=-generator.randrange(86_400 * 30))
    assignee = generator.choice(accounts)
    due = (created + timedelta(days=generator.randrange(60, 500))).date()
    issue = Issue(
        id=site.next_id("issue", 10_000),
        project_id=project_id,
        number=home.next_number,
        type_id="10000" if is_epic else "10001",
        status_id="10000",
        fields={
            "summary": f"{generator.choice(_WORDS).title()} {generator.choice(_WORDS)} {index}",
            "priority": generator.choice("12345"),
            "assignee": assignee,
            "reporter": generator.choice(accounts),
            "duedate": due.isoformat(),
            "labels": [generator.choice(_WORDS)],
            "customfield_10016": float(generator.randrange(1, 13)),
            "customfield_10022": created.date().isoformat(),
            "customfield_10023": due.isoformat(),
            "customfield_10019": f"0|i{index:05x}:",
            "description": _description(generator, sentences, size),
        },
        creator=assignee,
        created=to_ms(created),
        updated=to_ms(created),
        status_changed=to_ms(created),
        watchers=[assignee],
    )
    home.next_number += 1
    site.issues[issue.id] = issue
    key = site.key_of(issue)
    site.keys[key] = issue.id
    if not is_epic and index:
        epic = issue.id - index % 20
        issue.fields["parent"] = epic
        site.children.setdefault(epic, []).append(issue.id)
    step = timedelta(days=330) / max(histories, 1)
    for number in range(histories):
        _change(site, issue, generator, to_ms(created + step * (number + generator.random())), accounts)
    return key


def _change(site: JiraCloud, issue: Issue, generator: random.Random, at: int, accounts: list[str]) -> None:
    if generator.random() < 0.5:
        before = site.statuses[issue.status_id]
        after = site.statuses[generator.choice([s for s in site.statuses if s != before.id])]
        entry = item("status", site.field_defs["status"], (before.id, before.name), (after.id, after.name))
        issue.status_id, issue.status_changed = after.id, at
    else:
        old: Json = issue.fields["duedate"]
        year = int(old[:4]) + generator.randrange(2)
        new = f"{year}-{generator.randrange(1, 13):02d}-{generator.randrange(1, 29):02d}"
        pair = ((old, f"{old} 00:00:00.0"), (new, f"{new} 00:00:00.0"))
        entry = item("duedate", site.field_defs["duedate"], *pair)
        issue.fields["duedate"] = new
    number = site.next_id("history", 10_000)
    issue.histories.append(History(number, generator.choice(accounts), at, [entry]))
    issue.updated = max(issue.updated, at)
    issue.revision += 1


def _description(generator: random.Random, sentences: list[str], size: int) -> Json:
    # An issue without a description is about 4,600 bytes with all fields; a paragraph adds 60 to its text.
    lines = max((size - 4_600) // (_SENTENCE + 70), 1)
    return from_text("\n".join(generator.choice(sentences) for _ in range(lines)))


def _sentence(generator: random.Random) -> str:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < _SENTENCE:
        words.append(generator.choice(_WORDS))
    return " ".join(words)
