"""Writing: all intents of one file in one rewrite, each with its own receipt.

Per file: read it, compare each place with what the plan of writes saw, splice the new values into the bytes,
prove on the result that nothing else differs, keep a copy, replace the file if its bytes are still those that
were read, and read it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.base import Context
from connectors.ms_project import replacement
from connectors.ms_project.client import FileBusy
from connectors.ms_project.remote import BUSY, OpenPlan, Remote, file_gone
from connectors.ms_project.render import refusal
from connectors.ms_project.rewrite import Rewrite, WouldHarm, rewritten, same, stands, uid_of
from connectors.ms_project.settings import Backups, ProjectFileSettings
from connectors.targets import compared_comment
from portfolio.errors import FileUnreadable
from portfolio.intents import (
    COMMENT,
    Applied,
    Conflict,
    Cost,
    Gone,
    Intent,
    Receipt,
    Refused,
    Unchanged,
)

_OVERTAKEN = "the plan's file was saved at this moment by somebody else; it was left as it is"


class Writer:
    """Writes to the plans of one source."""

    def __init__(self, remote: Remote, settings: ProjectFileSettings, context: Context) -> None:
        self._remote = remote
        self._settings = settings
        self._context = context
        self._written: dict[Path, str] = {}  # what this run made of each file

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """One receipt per intent, file by file. What stands there already is written nowhere."""
        files = self._remote.files
        for scope, group in self._by_file(intents).items():
            if self._settings.write is None:
                yield from (_refused(intent, refusal(intent.slot)) for intent in group)
            elif scope not in files:
                yield from (Gone(intent_id=one.intent_id, reason=file_gone(scope)) for one in group)
            else:
                try:
                    plan = self._remote.open(files[scope], frozenset(uid_of(intent) for intent in group))
                except FileBusy:
                    yield from (_conflict(intent, _OVERTAKEN) for intent in group)
                except FileUnreadable as error:
                    yield from (_refused(intent, str(error)) for intent in group)
                else:
                    yield from self._file(plan, group)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether each could be written, from what stands there; nothing is written."""
        standing = {slots.item_id: slots for slots in self._remote.look([one.item_id for one in intents])}
        for intent in intents:
            slots = standing[intent.item_id]
            if self._settings.write is None:
                yield _refused(intent, refusal(intent.slot))
            elif not slots.exists:
                yield Gone(intent_id=intent.intent_id, reason=slots.gone_because or "")
            elif (reason := slots.unwritable.get(intent.slot)) is not None:
                yield _refused(intent, reason)
            else:
                yield Unchanged(intent_id=intent.intent_id)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """One rewrite per file, and nobody is notified."""
        files = len(self._by_file(intents)) if self._settings.write else 0
        return Cost(requests=files, budget=files, budget_unit="files rewritten" if files else "")

    def _file(self, plan: OpenPlan, group: Sequence[Intent]) -> Iterator[Receipt]:
        due: list[Intent] = []
        for intent in group:
            answer = self._compared(plan, intent)
            if answer is None:
                due.append(intent)
            else:
                yield answer
        if due:
            yield from self._write(plan, due)

    def _compared(self, plan: OpenPlan, intent: Intent) -> Receipt | None:
        """The receipt of an intent that needs no write or may not have one; None where it is due."""
        slots = plan.slots(self._settings.name, uid_of(intent))
        if not slots.exists:
            return Gone(intent_id=intent.intent_id, reason=slots.gone_because or "")
        if (reason := slots.unwritable.get(intent.slot)) is not None:
            return _refused(intent, reason)
        if intent.slot == COMMENT:
            return compared_comment(intent, slots.comment)
        field = plan.fields[intent.slot]
        now = slots.fields.get(intent.slot)
        if same(now, field.settled(intent.wanted)):
            return Unchanged(intent_id=intent.intent_id)
        if not same(now, field.settled(intent.before)):
            return Conflict(intent_id=intent.intent_id, now=now)
        try:
            field.write(intent.wanted)
        except ValueError:
            return _refused(intent, f"{field.name} cannot hold {str(intent.wanted)[:60]!r}")
        return None

    def _write(self, plan: OpenPlan, due: Sequence[Intent]) -> Iterator[Receipt]:
        if plan.is_busy:
            yield from (_conflict(intent, BUSY) for intent in due)
            return
        try:
            rewrite = rewritten(self._remote, plan, due)
            self._back_up(plan, rewrite)
            replacement.replace(rewrite.path, rewrite.new, expected=rewrite.expected, like=plan.file.path)
        except replacement.Changed:
            yield from (_conflict(intent, _OVERTAKEN) for intent in due)
        except PermissionError as error:  # on Windows, a file that another program has open
            reason = f"{plan.file.scope} cannot be written ({error.strerror}); is it open in Project?"
            yield from (_conflict(intent, reason) for intent in due)
        except OSError as error:
            reason = f"{plan.file.scope} cannot be written ({error.strerror}); the old file stands"
            yield from (_refused(intent, reason) for intent in due)
        except WouldHarm as error:
            yield from (_refused(intent, str(error)) for intent in due)
        else:
            self._written[rewrite.path] = replacement.sha256(rewrite.new)
            yield from self._read_back(plan, rewrite, due)

    def _read_back(self, plan: OpenPlan, rewrite: Rewrite, due: Sequence[Intent]) -> Iterator[Receipt]:
        """The receipts, from what stands in the file now."""
        try:
            if (
                rewrite.proven is not None
                and replacement.digest(rewrite.path) == rewrite.proven.loaded.sha256
            ):
                now = rewrite.proven
            else:
                now = self._remote.open(plan.file, plan.uids)
        except (FileUnreadable, OSError) as error:  # somebody has it right after us; the next look tells
            yield from (
                _conflict(intent, f"it was written, and cannot be read again: {error}") for intent in due
            )
            return
        at = self._context.clock()
        for intent in due:
            if stands(now, intent):
                comment = now.comment(uid_of(intent)) if intent.slot == COMMENT else None
                yield Applied(
                    intent_id=intent.intent_id,
                    remote_id=comment.remote_id if comment else None,
                    at=at,
                    revision=now.loaded.sha256,
                )
            else:
                yield _conflict(intent, _OVERTAKEN)

    def _back_up(self, plan: OpenPlan, rewrite: Rewrite) -> None:
        """Keep what the planner saved. What this very run wrote a moment ago is nobody's loss."""
        if plan.sidecar is not None or self._written.get(rewrite.path) == rewrite.expected:
            return
        backups = self._settings.write.backups if self._settings.write else Backups()
        folder = plan.file.path.parent / replacement.BACKUP_FOLDER
        if backups.folder is not None:
            base = self._context.folder / Path(backups.folder).expanduser()
            folder = (base / plan.file.scope).parent
        replacement.back_up(
            plan.file.path, plan.loaded.raw, folder=folder, at=self._context.clock(), keep=backups.keep
        )

    # Whose is what.

    def _by_file(self, intents: Sequence[Intent]) -> dict[str, list[Intent]]:
        groups: dict[str, list[Intent]] = {}
        for intent in intents:
            groups.setdefault(self._remote.place(intent.item_id)[0], []).append(intent)
        return groups


def _refused(intent: Intent, reason: str) -> Receipt:
    return Refused(intent_id=intent.intent_id, reason=reason)


def _conflict(intent: Intent, reason: str) -> Receipt:
    return Conflict(intent_id=intent.intent_id, reason=reason)
