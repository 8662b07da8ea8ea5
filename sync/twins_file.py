"""`twins.yaml`: what people decided about pairs of items. It outlives the store.

A pair holds by the ids of its items, which never change; the keys are for people and may be outdated. Both
people and `dovetail twins` write the file: comments stay, and a write is all of it or nothing.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from portfolio.errors import ConfigError
from portfolio.private_files import replace_private
from portfolio.records import ItemId
from rules.spelling import nearest
from rules.yaml_text import MAX_BYTES, read_yaml
from sync.config_checks import check_reference, check_two_trackers
from sync.config_problems import Problems
from sync.twins import TwinDecision

Place: TypeAlias = tuple[str | int, ...]

_STATES = ("confirmed", "rejected")
_KEYS = ("pair", "ids", "evidence", "by", "at", "note")
_HEAD = (
    "Pairs of items in two trackers. Those confirmed are one piece of work, those rejected are never\n"
    "suggested again. Keep this file with the configuration; `dovetail twins` writes it, and so may you."
)
_PAIR_HINT = "a pair belongs here, for example `- [shop:CHK-12, plans:7]`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinEntry:
    """One decision as the file has it: `keys` are `source:key`, in the order in which they were given."""

    keys: tuple[str, str]
    ids: tuple[ItemId, ItemId] | None = None
    is_confirmed: bool = True
    evidence: str | None = None
    by: str | None = None
    at: datetime | None = None
    note: str | None = None

    @property
    def decision(self) -> TwinDecision:
        """What derivation needs of it."""
        return TwinDecision(keys=self.keys, ids=self.ids, is_confirmed=self.is_confirmed)

    def is_about(self, keys: tuple[str, str], ids: tuple[ItemId, ItemId] | None) -> bool:
        """Whether it is the decision about this pair, given in any order."""
        if self.ids is not None and ids is not None:
            return set(self.ids) == set(ids)
        return set(self.keys) == set(keys)


def read_twins(
    text: str, file: str, sources: Sequence[str], *, single: Container[str] = ()
) -> tuple[list[TwinEntry], list[str]]:
    """The decisions of a file, and what is wrong with it, line by line.

    A plain list of pairs is understood as confirmed pairs.

    Args:
        text: the file's content.
        file: its name, for messages.
        sources: the names of the configured sources.
        single: those that are one tracker, of which no two items are the same work.
    """
    document = read_yaml(text, file)
    problems = Problems(document, file=file)
    content = document.content
    entries: list[TwinEntry] = []
    lists: list[tuple[str, Place, object]] = []
    if isinstance(content, dict):
        for name, listed in content.items():
            if name in _STATES:
                lists.append((name, (name,), listed))
            else:
                problems.add((name,), f"`confirmed` and `rejected` belong here{nearest(name, _STATES)}")
    elif content is not None:
        lists.append(("confirmed", (), content))
    known = _Known()
    for name, at, listed in lists:
        if listed is not None and not isinstance(listed, list):
            problems.add(at, "a list of pairs belongs here, for example `- [shop:CHK-12, plans:7]`")
            continue
        for number, value in enumerate(listed or ()):
            entry = _entry(value, (*at, number), name == "confirmed", sources, problems)
            if entry is None:
                continue
            before = known.place_of(entry)
            if before is not None:
                problems.add((*at, number), f"this pair stands in line {problems.line_of(before)} already")
            check_two_trackers(entry.keys, (*at, number), single, problems)
            known.add(entry, (*at, number))
            entries.append(entry)
    return entries, problems.lines()


class _Known:
    """Where the pairs stand that were read already, so that thousands of them are compared in no time."""

    def __init__(self) -> None:
        self._by_ids: dict[frozenset[str], Place] = {}
        self._by_keys: dict[frozenset[str], Place] = {}
        self._by_keys_alone: dict[frozenset[str], Place] = {}

    def add(self, entry: TwinEntry, place: Place) -> None:
        keys = frozenset(entry.keys)
        self._by_keys.setdefault(keys, place)
        if entry.ids is None:
            self._by_keys_alone.setdefault(keys, place)
        else:
            self._by_ids.setdefault(frozenset(entry.ids), place)

    def place_of(self, entry: TwinEntry) -> Place | None:
        """Where an entry about the same pair stands, see `TwinEntry.is_about`."""
        keys = frozenset(entry.keys)
        if entry.ids is None:
            return self._by_keys.get(keys)
        return self._by_ids.get(frozenset(entry.ids)) or self._by_keys_alone.get(keys)


def _entry(
    value: object, at: Place, is_confirmed: bool, sources: Sequence[str], problems: Problems
) -> TwinEntry | None:
    told: dict[str, Any] = value if isinstance(value, dict) else {"pair": value}
    place = (*at, "pair") if isinstance(value, dict) else at
    keys, ids = _two_texts(told.get("pair")), _two_texts(told.get("ids"))
    if keys is None:
        problems.add(place, _PAIR_HINT)
    _check_details(told, at, problems)
    if keys is None:
        return None
    for side, name in enumerate(keys):
        check_reference(name, (*place, side), sources, problems)
    if keys[0] == keys[1] or (ids is not None and ids[0] == ids[1]):
        problems.add(place, "two different items belong here")
    return TwinEntry(
        keys=keys,
        ids=ids,
        is_confirmed=is_confirmed,
        evidence=told.get("evidence"),
        by=told.get("by"),
        at=told.get("at"),
        note=told.get("note"),
    )


def _check_details(told: Mapping[str, Any], at: Place, problems: Problems) -> None:
    for name in told:
        if name not in _KEYS:
            problems.add((*at, name), f"there is no key `{name[:60]}`{nearest(name, _KEYS)}")
    if "ids" in told and _two_texts(told["ids"]) is None:
        problems.add((*at, "ids"), "two item ids belong here, for example [shop/10012, boards/7]")
    for name in ("evidence", "by", "note"):
        if not isinstance(told.get(name), str | None):
            problems.add((*at, name), "a text belongs here; put it in quotes")
    if not isinstance(told.get("at"), datetime | None):
        problems.add((*at, "at"), "an instant such as 2026-11-24T09:00:00Z belongs here")


def _two_texts(value: object) -> tuple[str, str] | None:
    match value:
        case [str() as first, str() as second]:
            return first, second
    return None


class TwinsFile:
    """The file at one path, read and written as a whole."""

    def __init__(self, path: Path, sources: Sequence[str]) -> None:
        self.path = path
        self._sources = sources

    def entries(self) -> list[TwinEntry]:
        """The decisions; none where there is no file yet.

        Raises:
            ConfigError: something is wrong with it.
        """
        return self._entries(self._bytes())

    def decide(self, entry: TwinEntry) -> TwinEntry | None:
        """Write a decision in place of an earlier one about the pair. Returns the earlier one.

        Raises:
            ConfigError: something is wrong with the file, or it cannot be written.
        """
        return self._rewrite(entry.keys, entry.ids, entry)

    def forget(self, keys: tuple[str, str], ids: tuple[ItemId, ItemId] | None) -> TwinEntry | None:
        """Take the decision about a pair out. Returns it; None where there is none.

        Raises:
            ConfigError: something is wrong with the file, or it cannot be written.
        """
        return self._rewrite(keys, ids, None)

    def _rewrite(
        self, keys: tuple[str, str], ids: tuple[ItemId, ItemId] | None, entry: TwinEntry | None
    ) -> TwinEntry | None:
        from ruamel.yaml.comments import CommentedMap, CommentedSeq

        before = self._bytes()
        known = next((one for one in self._entries(before) if one.is_about(keys, ids)), None)
        if entry is None and known is None:
            return None
        yaml = _round_trip()
        root = yaml.load(before.decode("utf-8-sig")) if before else None
        if root is None:
            root = CommentedMap()
            root.yaml_set_start_comment(_HEAD)
        elif isinstance(root, CommentedSeq):
            root = CommentedMap(confirmed=root)
        for state in _STATES:
            # Read without problems, so what is here is a list or nothing.
            listed = root.get(state)
            for number in reversed(range(len(listed or ()))):
                if _entry_of(listed[number]).is_about(keys, ids):
                    del listed[number]
            if (
                listed is not None
                and not listed
                and (entry is None or entry.is_confirmed != (state == "confirmed"))
            ):
                del root[state]
        if entry is not None:
            state = "confirmed" if entry.is_confirmed else "rejected"
            if root.get(state) is None:
                root[state] = CommentedSeq()
            root[state].append(CommentedMap(_shown(entry)))
        text = io.StringIO()
        yaml.dump(root, text)
        self._replace(before, text.getvalue().encode())
        return known

    def _entries(self, content: bytes) -> list[TwinEntry]:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path} is not UTF-8 text.", hint="Save it as UTF-8.") from error
        entries, problems = read_twins(text, self.path.name, self._sources)
        if problems:
            raise ConfigError(f"{self.path} cannot be used.", problems=problems)
        return entries

    def _bytes(self) -> bytes:
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise ConfigError(
                    f"{self.path} is larger than {MAX_BYTES:,} bytes.", hint="Is it the right file?"
                )
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be read: {error.strerror}.", hint="Check the path."
            ) from error

    def _replace(self, before: bytes, after: bytes) -> None:
        target = self.path.resolve()  # a link to the file stays one
        try:
            if self._bytes() != before:
                raise ConfigError(
                    f"{self.path} was changed meanwhile; nothing was written.", hint="Run the command again."
                )
            replace_private(target, after)
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror}.",
                hint="Check that this account may write to the folder.",
            ) from error


def _round_trip() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096  # a long note stays on its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _entry_of(value: Any) -> TwinEntry:
    pair = value["pair"] if isinstance(value, Mapping) else value
    ids = value.get("ids") if isinstance(value, Mapping) else None
    return TwinEntry(keys=(str(pair[0]), str(pair[1])), ids=(str(ids[0]), str(ids[1])) if ids else None)


def _shown(entry: TwinEntry) -> Iterator[tuple[str, Any]]:
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    for name, pair in (("pair", entry.keys), ("ids", entry.ids)):
        if pair is not None:
            flow = CommentedSeq(pair)
            flow.fa.set_flow_style()
            yield name, flow
    for name, text in (("evidence", entry.evidence), ("by", entry.by)):
        if text:
            yield name, text
    if entry.at is not None:
        # Read from text, it is written again as that text.
        yield "at", _round_trip().load(f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if entry.note:
        yield "note", DoubleQuotedScalarString(" ".join(entry.note.split()))
