"""Every error Dovetail raises on purpose, grouped by what the caller should do.

DovetailError                     .hint (what to do), .exit_code
├─ UsageError                     the command line asks for something impossible; exit 2
├─ ConfigError                    .problems lists all of them; exit 3
├─ SourceError                    .source; the source stops, the rest goes on; exit 4
│  ├─ AuthError, AccessDenied        do not retry; name the scope or permission
│  ├─ RateLimited, Unavailable       retry; .retry_after_seconds
│  ├─ CursorRejected                 restart the stream from the beginning
│  ├─ MappingError                   skip the record, count it, name the field
│  ├─ BadAnswer                      the tracker's answer is not what its API promises; never believed
│  ├─ FileUnreadable                 one file is set aside with one clear line; the others are read
│  └─ Rejected, TargetMissing, Unsupported   the intent is dead; becomes the receipt Refused or Gone
├─ SafetyStop                     a limit would be exceeded; nothing was deleted or written; exit 5
├─ LockHeld                       another run is at work; exit 6
├─ StoreError                     exit 7
│  └─ SchemaTooOld, SchemaTooNew, StoreUnavailable
└─ RuleError                      that rule is skipped in this run and reported; exit 4
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class DovetailError(Exception):
    """An error with a remedy.

    The message says what happened and to what; `hint` says what to do. Neither ever holds a secret or a
    response body.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(DovetailError):
    """The command line asks for something that cannot be done as asked."""

    exit_code = 2


class ConfigError(DovetailError):
    """The configuration cannot be used; `problems` lists everything that is wrong with it, one line each."""

    exit_code = 3

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class SourceError(DovetailError):
    """Something is wrong with one source. That source stops; the others go on."""

    exit_code = 4

    def __init__(self, source: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{source}: {message}", hint=hint)
        self.source = source


class AuthError(SourceError):
    """The tracker does not accept the credential. Not retried."""


class AccessDenied(SourceError):
    """The credential is known but may not do this; the hint names the scope or permission. Not retried."""


class _Transient(SourceError):
    def __init__(
        self, source: str, message: str, *, hint: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(source, message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class RateLimited(_Transient):
    """The tracker asks to slow down, for `retry_after_seconds` where it says how long."""


class Unavailable(_Transient):
    """The tracker could not be reached or failed; `retry_after_seconds` where it says how long."""


class CursorRejected(SourceError):
    """The tracker no longer accepts the stored cursor: the stream starts over."""


class MappingError(SourceError):
    """One record cannot be understood. It is skipped, counted and named; the page goes on."""


class BadAnswer(SourceError):
    """An answer whose status, content type or shape is not what the API promises. Its page never counts."""


class FileUnreadable(SourceError):
    """A file is missing, truncated, hostile or not what its name says. The other files are read.

    `is_partial` says that other files of the same source were fine: what is known of those stays fresh.
    """

    def __init__(self, source: str, message: str, *, hint: str = "", is_partial: bool = False) -> None:
        super().__init__(source, message, hint=hint)
        self.is_partial = is_partial


class Rejected(SourceError):
    """The tracker refuses this write for good, in its own words."""


class TargetMissing(SourceError):
    """What should be written to does not exist any more."""


class Unsupported(SourceError):
    """This form of the tracker has no place for what should be written."""


class SafetyStop(DovetailError):
    """A limit would be exceeded: nothing was deleted, resolved or written."""

    exit_code = 5


class LockHeld(DovetailError):
    """Another run holds the lock of this store."""

    exit_code = 6


class StoreError(DovetailError):
    """The store cannot be used."""

    exit_code = 7


class SchemaTooOld(StoreError):
    """The store was written by an older Dovetail: `dovetail db upgrade` brings it up to date."""


class SchemaTooNew(StoreError):
    """The store was written by a newer Dovetail than this one."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, is locked, read-only, full or damaged."""


class TrailDamaged(StoreError):
    """An entry of the audit trail is not what Dovetail wrote: it cannot be read. `seq` is its number."""

    def __init__(self, seq: int) -> None:
        super().__init__(
            f"Entry {seq} of the audit trail cannot be read: it was changed.",
            hint="`dovetail audit verify` says how much of the trail is sound.",
        )
        self.seq = seq


class RuleError(DovetailError):
    """A rule cannot be loaded or run. It is skipped and reported; the others run."""

    exit_code = 4

    def __init__(self, rule: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"rule {rule}: {message}", hint=hint)
        self.rule = rule
