"""Two ways to pull a Jira that Dovetail is measured against, each as a process of its own.

`fast` is the bare loop of the performance notes: one requests session, typed msgspec decoding, tuples
straight into SQLite, one transaction per page. `plain` is what the documentation of the `jira` package leads
to: its issue objects, merged one by one into ORM objects.
"""

import sys
from datetime import datetime
from pathlib import Path

USER = "bot@demo.example"


def fast(url: str, token: str, database: Path) -> None:
    import msgspec
    import requests
    from sqlalchemy import create_engine

    class Item(msgspec.Struct):
        field: str
        fromString: str | None = None  # noqa: N815 the API's own name
        toString: str | None = None  # noqa: N815

    class History(msgspec.Struct):
        id: str
        created: str
        items: list[Item]

    class Changelog(msgspec.Struct):
        histories: list[History]

    class Name(msgspec.Struct):
        name: str | None = None
        displayName: str | None = None  # noqa: N815

    class Fields(msgspec.Struct):
        summary: str
        updated: str
        duedate: str | None = None
        created: str | None = None
        status: Name | None = None
        issuetype: Name | None = None
        priority: Name | None = None
        assignee: Name | None = None

    class Issue(msgspec.Struct):
        id: str
        key: str
        fields: Fields
        changelog: Changelog

    class Answer(msgspec.Struct):
        issues: list[Issue]
        nextPageToken: str | None = None  # noqa: N815

    decoder = msgspec.json.Decoder(Answer)
    session = requests.Session()
    session.auth = (USER, token)
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=wal")
        connection.exec_driver_sql(
            "CREATE TABLE item (id TEXT PRIMARY KEY, key TEXT, summary TEXT, updated TEXT, due TEXT,"
            " status TEXT, type TEXT, priority TEXT, assignee TEXT)"
        )
        connection.exec_driver_sql(
            "CREATE TABLE event (id TEXT PRIMARY KEY, item TEXT, at TEXT, field TEXT, before TEXT,"
            " after TEXT)"
        )
    body: dict[str, object] = {
        "jql": "project is not empty ORDER BY updated",
        "maxResults": 100,
        "fields": ["*all"],
        "expand": "changelog",
    }
    while True:
        answer = session.post(f"{url}/rest/api/3/search/jql", json=body, timeout=60)
        answer.raise_for_status()
        page = decoder.decode(answer.content)
        items = [
            (
                one.id, one.key, one.fields.summary, one.fields.updated, one.fields.duedate,
                one.fields.status and one.fields.status.name,
                one.fields.issuetype and one.fields.issuetype.name,
                one.fields.priority and one.fields.priority.name,
                one.fields.assignee and one.fields.assignee.displayName,
            )
            for one in page.issues
        ]  # fmt: skip
        events = [
            (f"{history.id}.{number}", one.id, history.created, item.field, item.fromString, item.toString)
            for one in page.issues
            for history in one.changelog.histories
            for number, item in enumerate(history.items)
        ]
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT OR REPLACE INTO item VALUES (?,?,?,?,?,?,?,?,?)", items)
            connection.exec_driver_sql("INSERT OR REPLACE INTO event VALUES (?,?,?,?,?,?)", events)
        if not page.nextPageToken:
            break
        body["nextPageToken"] = page.nextPageToken


def plain(url: str, token: str, database: Path) -> None:
    from jira import JIRA
    from sqlalchemy import ForeignKey, create_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Base(DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[str] = mapped_column(primary_key=True)
        key: Mapped[str]
        summary: Mapped[str]
        updated: Mapped[datetime]
        due: Mapped[str | None]
        status: Mapped[str | None]
        assignee: Mapped[str | None]

    class Event(Base):
        __tablename__ = "event"
        id: Mapped[str] = mapped_column(primary_key=True)
        item: Mapped[str] = mapped_column(ForeignKey("item.id"))
        at: Mapped[datetime]
        field: Mapped[str]
        before: Mapped[str | None]
        after: Mapped[str | None]

    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    client = JIRA(url, basic_auth=(USER, token))
    token_of_page: str | None = None
    while True:
        page = client.enhanced_search_issues(
            "project is not empty ORDER BY updated",
            nextPageToken=token_of_page,
            maxResults=100,
            expand="changelog",
        )
        with Session(engine) as session:
            for issue in page:
                session.merge(
                    Item(
                        id=issue.id,
                        key=issue.key,
                        summary=issue.fields.summary,
                        updated=datetime.fromisoformat(issue.fields.updated),
                        due=issue.fields.duedate,
                        status=issue.fields.status.name,
                        assignee=issue.fields.assignee and issue.fields.assignee.displayName,
                    )
                )
                for history in issue.changelog.histories:
                    for number, item in enumerate(history.items):
                        session.merge(
                            Event(
                                id=f"{history.id}.{number}",
                                item=issue.id,
                                at=datetime.fromisoformat(history.created),
                                field=item.field,
                                before=item.fromString,
                                after=item.toString,
                            )
                        )
            session.commit()
        token_of_page = page.nextPageToken
        if not token_of_page:
            break


if __name__ == "__main__":
    {"fast": fast, "plain": plain}[sys.argv[1]](sys.argv[2], sys.argv[3], Path(sys.argv[4]))
