"""Where things stand in the bytes of a plan: its definitions of custom fields, and the rows to be written to.

The file is only ever spliced at these places, never serialised again: a round trip through a library loses
views, filters and maps. facts/msproject.md §0.7.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from xml.parsers import expat

import msgspec

from connectors.ms_project.document import Document, Untouchable
from connectors.ms_project.raw_text import text_of

_TAG = re.compile(rb"""<[^\s/>"']+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_PREFIX = re.compile(rb"<(?:([^\s/>:]+):)?")
_SECTIONS = ("ExtendedAttributes", "Tasks")
_RECORDS = {"ExtendedAttributes": "ExtendedAttribute", "Tasks": "Task"}


class Node(msgspec.Struct, frozen=True):
    """An element: `<Name>` from `start`, its content from `opened` to `closed`, and `</Name>` until `end`."""

    name: str
    start: int
    opened: int
    closed: int
    end: int

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written `<Name/>`."""
        return self.opened == self.end


class Value(msgspec.Struct, frozen=True):
    """`Task/ExtendedAttribute`: the value of one custom field."""

    node: Node
    children: Sequence[Node]
    field_id: str

    def child(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((node for node in self.children if node.name == name), None)


class Row(msgspec.Struct, frozen=True):
    """A task: its children in their order, and its custom values."""

    node: Node
    children: Sequence[Node]
    values: Sequence[Value]

    def child(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((node for node in self.children if node.name == name), None)


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """`ExtendedAttributes/ExtendedAttribute`: what a custom field is called, and what decides its value."""

    node: Node
    field_id: str
    field_name: str
    alias: str
    is_computed: bool  # a formula, or a roll-up of the rows below
    has_list: bool  # only values of a list


class Layout(msgspec.Struct, kw_only=True):
    """The places of one plan. `rows` holds those that were asked for and stand there exactly once."""

    prefix: str = ""
    sections: dict[str, Node] = {}  # children of Project, by name
    definitions: list[Definition] = []
    rows: dict[str, Row] = {}
    repeated: frozenset[str] = frozenset()
    used_fields: frozenset[str] = frozenset()  # FieldIDs that hold a value in any row
    finish_time: str | None = None


def find(document: Document, uids: Collection[str]) -> Layout:
    """Where the definitions stand, and the rows with these UIDs.

    Raises:
        Untouchable: not well-formed, or with a document type.
    """
    return _Scanner(document.data, frozenset(uids)).layout()


class _Scanner:
    """One pass over the bytes. Elements of other namespaces are passed over."""

    def __init__(self, data: bytes, uids: frozenset[str]) -> None:
        self._data = data
        self._uids = uids
        self._found = Layout()
        self._counts: Counter[str] = Counter()
        self._used: set[str] = set()
        self._depth = 0
        self._space = ""
        self._section = self._record = self._child = ""
        self._starts = [0] * 6
        self._children: list[tuple[str, int, int]] = []
        self._parts: list[tuple[str, int, int]] = []
        self._values: list[tuple[tuple[str, int, int], list[tuple[str, int, int]], str]] = []
        # The encoding is given, because the declaration still names the file's own.
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def layout(self) -> Layout:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise Untouchable(f"it is not well-formed XML (line {error.lineno})") from error
        self._found.repeated = frozenset(uid for uid, count in self._counts.items() if count > 1)
        for uid in self._found.repeated:
            del self._found.rows[uid]
        self._found.used_fields = frozenset(self._used)
        return self._found

    def _doctype(self, *_: object) -> None:
        raise Untouchable("it has a document type (DOCTYPE)")

    def _start(self, name: str, _: object) -> None:
        self._depth += 1
        depth = self._depth
        if depth > 5:
            return
        self._starts[depth] = self._parser.CurrentByteIndex
        if depth == 1:
            self._space = name.rpartition(" ")[0]
            self._space += " " if self._space else ""
            match = _PREFIX.match(self._data, self._starts[1])
            self._found.prefix = f"{match[1].decode()}:" if match and match[1] else ""
        elif depth == 2:
            self._section = self._local(name)
        elif depth == 3:
            self._record = self._local(name)
            self._children, self._values = [], []
        elif depth == 4:
            self._child = self._local(name)
            self._parts = []

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth -= 1
        if depth in {1, 6} or depth > 5:
            return
        at = self._parser.CurrentByteIndex
        place = (self._local(name), self._starts[depth], at)
        if depth == 2:
            self._section_ends(place)
        elif self._section not in _RECORDS or self._record != _RECORDS[self._section]:
            return
        elif depth == 3:
            self._record_ends(place)
        elif depth == 4:
            self._children.append(place)
            if self._child == "ExtendedAttribute":
                self._value_ends(place)
        elif self._child == "ExtendedAttribute":
            self._parts.append(place)

    def _section_ends(self, place: tuple[str, int, int]) -> None:
        name = place[0]
        if name and name not in self._found.sections:
            self._found.sections[name] = node = self._node(place)
            if name == "DefaultFinishTime":
                self._found.finish_time = self._text(node).strip()

    def _record_ends(self, place: tuple[str, int, int]) -> None:
        if self._section == "ExtendedAttributes":
            self._found.definitions.append(self._definition(place))
            return
        uid = next((self._text(self._node(one)).strip() for one in self._children if one[0] == "UID"), "")
        if uid not in self._uids:
            return
        self._counts[uid] += 1
        self._found.rows[uid] = Row(
            self._node(place),
            [self._node(one) for one in self._children],
            [
                Value(self._node(one), [self._node(part) for part in parts], field_id)
                for one, parts, field_id in self._values
            ],
        )

    def _value_ends(self, place: tuple[str, int, int]) -> None:
        field_id = next(
            (self._text(self._node(one)).strip() for one in self._parts if one[0] == "FieldID"), ""
        )
        self._used.add(field_id)
        self._values.append((place, self._parts, field_id))

    def _definition(self, place: tuple[str, int, int]) -> Definition:
        texts: dict[str, str] = {}
        for one in self._children:
            texts.setdefault(one[0], self._text(self._node(one)).strip())
        return Definition(
            node=self._node(place),
            field_id=texts.get("FieldID", ""),
            field_name=texts.get("FieldName", ""),
            alias=texts.get("Alias", ""),
            is_computed=bool(texts.get("Formula")) or texts.get("CalculationType", "0") not in ("", "0"),
            has_list="ValueList" in texts
            or texts.get("RestrictValues", "0") not in ("", "0", "false")
            or texts.get("Ltuid", "").strip("0-{}") != "",
        )

    def _local(self, name: str) -> str:
        if not self._space:
            return name if " " not in name else ""
        return name[len(self._space) :] if name.startswith(self._space) else ""

    def _text(self, node: Node) -> str:
        return text_of(self._data[node.opened : node.closed])

    def _node(self, place: tuple[str, int, int]) -> Node:
        name, start, closed = place
        tag = _TAG.match(self._data, start)
        assert tag is not None  # noqa: S101 - the parser has just read it
        opened = tag.end()
        if self._data[opened - 2 : opened] == b"/>":
            return Node(name, start, opened, opened, opened)
        return Node(name, start, opened, closed, self._data.index(b">", closed) + 1)
