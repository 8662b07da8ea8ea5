"""The bare loop that pulling Azure DevOps is measured against, as a process of its own.

One requests session, all revisions page by page, typed msgspec decoding of the fields that Dovetail reads,
tuples straight into SQLite, one transaction per page. It compares nothing, so it knows no change.
"""

import sys
from pathlib import Path
from typing import Any

_S = "Microsoft.VSTS.Scheduling."
_C = "Microsoft.VSTS.Common."
NAMES = {
    "project": "System.TeamProject", "type": "System.WorkItemType", "state": "System.State",
    "reason": "System.Reason", "title": "System.Title", "area": "System.AreaPath",
    "iteration": "System.IterationId", "tags": "System.Tags", "board_column": "System.BoardColumn",
    "priority": f"{_C}Priority", "severity": f"{_C}Severity", "is_deleted": "System.IsDeleted",
    "changed": "System.ChangedDate", "start": f"{_S}StartDate", "target": f"{_S}TargetDate",
    "due": f"{_S}DueDate", "finish": f"{_S}FinishDate", "points": f"{_S}StoryPoints",
    "effort": f"{_S}Effort", "size": f"{_S}Size", "estimate": f"{_S}OriginalEstimate",
    "remaining": f"{_S}RemainingWork", "spent": f"{_S}CompletedWork",
    "blocked": "Microsoft.VSTS.CMMI.Blocked",
}  # fmt: skip
PEOPLE = {"owner": "System.AssignedTo", "changed_by": "System.ChangedBy"}


def fast(url: str, token: str, database: Path, page_size: int) -> None:
    import msgspec
    import requests
    from sqlalchemy import create_engine

    class Account(msgspec.Struct):
        descriptor: str | None = None
        displayName: str | None = None  # noqa: N815 the API's own name
        uniqueName: str | None = None  # noqa: N815

    columns: list[tuple[str, Any, Any]] = [(name, Any, None) for name in NAMES]
    columns += [(name, Account | None, None) for name in PEOPLE]
    fields = msgspec.defstruct("Fields", columns, rename={**NAMES, **PEOPLE}, gc=False)
    row = msgspec.defstruct("Row", [("id", int), ("rev", int), ("fields", fields)], gc=False)
    rows: Any = list
    answer = msgspec.defstruct(
        "Answer", [("values", rows[row]), ("continuationToken", str), ("isLastBatch", bool)]
    )
    decoder = msgspec.json.Decoder(answer)
    session = requests.Session()
    session.auth = ("", token)
    engine = create_engine(f"sqlite:///{database}")
    names = ["id", "rev", *NAMES, *PEOPLE]
    marks = ",".join("?" * len(names))
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=wal")
        connection.exec_driver_sql(f"CREATE TABLE revision ({','.join(names)}, PRIMARY KEY (id, rev))")
    params: dict[str, Any] = {
        "fields": ",".join([*NAMES.values(), *PEOPLE.values()]),
        "includeIdentityRef": "true",
        "includeDeleted": "true",
        "$maxPageSize": page_size,
        "api-version": "7.1",
    }
    while True:
        reply = session.get(f"{url}/_apis/wit/reporting/workitemrevisions", params=params, timeout=120)
        reply.raise_for_status()
        page: Any = decoder.decode(reply.content)
        values = [
            (
                one.id, one.rev, f.project, f.type, f.state, f.reason, f.title, f.area, f.iteration, f.tags,
                f.board_column, f.priority, f.severity, f.is_deleted, f.changed, f.start, f.target, f.due,
                f.finish, f.points, f.effort, f.size, f.estimate, f.remaining, f.spent, f.blocked,
                f.owner and f.owner.descriptor, f.changed_by and f.changed_by.descriptor,
            )
            for one in page.values
            for f in (one.fields,)
        ]  # fmt: skip
        with engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT OR REPLACE INTO revision VALUES ({marks})", values)
        if page.isLastBatch:
            break
        params["continuationToken"] = page.continuationToken


if __name__ == "__main__":
    fast(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
