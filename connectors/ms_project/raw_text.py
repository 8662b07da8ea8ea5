"""The text between two tags as it stands in the file: references, CDATA and line ends, each with its place.

A splice replaces a stretch of the text that people read and leaves every other byte alone.
"""

from __future__ import annotations

import re

from connectors.ms_project.document import Document

_PIECE = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!--.*?-->|<\?.*?\?>|&(?P<ref>#?[A-Za-z0-9]{1,10});"
    r"|(?P<newline>\r\n?)|(?P<text>[^<&\r]+)",
    re.DOTALL,
)
_NEWLINE = re.compile(r"\r\n?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class RawText:
    """The content of one element that has no child elements.

    Raises:
        ValueError: it has child elements, or a reference that XML does not know.
    """

    def __init__(self, content: bytes) -> None:
        self._raw = content.decode()
        self._begins: list[int] = []  # per character of `text`: where it begins in the file
        self._ends: list[int] = []
        self._section: list[int] = []  # where its CDATA section begins, or -1
        characters: list[str] = []
        at = 0
        while at < len(self._raw):
            piece = _PIECE.match(self._raw, at)
            if piece is None:
                raise ValueError(self._raw[at : at + 20])
            characters.append(self._piece(piece))
            at = piece.end()
        self.text = "".join(characters)

    def replaced(self, begin: int, end: int, new: str, document: Document) -> bytes:
        """The content with the characters from `begin` to `end` replaced; every other byte stays.

        Text that is added at the end stands outside any CDATA section.
        """
        if begin == end == len(self.text):
            return self._raw.encode() + document.escaped(new)
        if begin == end:
            raise ValueError("nothing is inserted in the middle")
        first, last = self._begins[begin], self._ends[end - 1]
        opened, closed = self._section[begin], self._section[end - 1]
        if opened == closed >= 0 and "]]>" not in new and document.holds(new):
            middle = new.encode()
        else:
            middle = b"]]>" if opened >= 0 else b""
            middle += document.escaped(new)
            middle += b"<![CDATA[" if closed >= 0 else b""
        return self._raw[:first].encode() + middle + self._raw[last:].encode()

    def _piece(self, piece: re.Match[str]) -> str:
        if piece["cdata"] is not None:
            return self._cdata(piece.start("cdata"), piece["cdata"])
        if piece["ref"] is not None:
            return self._one(_referenced(piece["ref"]), piece.start(), piece.end())
        if piece["newline"] is not None:
            return self._one("\n", piece.start(), piece.end())
        if piece["text"] is not None:
            return self._many(piece["text"], piece.start(), -1)
        return ""

    def _cdata(self, start: int, content: str) -> str:
        shown: list[str] = []
        at = 0
        for newline in _NEWLINE.finditer(content):
            shown.append(self._many(content[at : newline.start()], start + at, start))
            shown.append(self._one("\n", start + newline.start(), start + newline.end(), start))
            at = newline.end()
        shown.append(self._many(content[at:], start + at, start))
        return "".join(shown)

    def _one(self, character: str, begin: int, end: int, section: int = -1) -> str:
        self._begins.append(begin)
        self._ends.append(end)
        self._section.append(section)
        return character

    def _many(self, text: str, start: int, section: int) -> str:
        self._begins.extend(range(start, start + len(text)))
        self._ends.extend(range(start + 1, start + len(text) + 1))
        self._section.extend([section] * len(text))
        return text


def text_of(content: bytes) -> str:
    """The text that people read in an element without children; empty where it has some."""
    if b"<" not in content and b"&" not in content and b"\r" not in content:
        return content.decode()
    try:
        return RawText(content).text
    except ValueError:
        return ""


def _referenced(name: str) -> str:
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith("#x"):
        return chr(int(name[2:], 16))
    if name.startswith("#"):
        return chr(int(name[1:]))
    raise ValueError(name)
