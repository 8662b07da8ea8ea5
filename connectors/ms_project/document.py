"""The bytes of a plan as UTF-8 to work on, and back: every byte that is not touched comes back as it was."""

from __future__ import annotations

import codecs
import re
from xml.sax.saxutils import escape

import msgspec

_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Untouchable(Exception):
    """A plan that can be read, but not written to; the text says why."""


class Document(msgspec.Struct, frozen=True):
    """The content of a plan.

    Attributes:
        data: the content as UTF-8, without a byte order mark.
        bom: the byte order mark of the file.
        codec: Python's name of the file's encoding.
    """

    data: bytes
    bom: bytes
    codec: str

    @property
    def newline(self) -> str:
        """The file's line ending, by its first one."""
        at = self.data.find(b"\n")
        return "\r\n" if at > 0 and self.data[at - 1 : at] == b"\r" else "\n"

    def encoded(self, data: bytes) -> bytes:
        """The bytes of the file for other content."""
        return self.bom + (data if self.codec == "utf-8" else data.decode().encode(self.codec))

    def escaped(self, text: str) -> bytes:
        """Text as it may stand between tags, as UTF-8. What the file's encoding lacks becomes a reference."""
        return escape(text).encode(self.codec, "xmlcharrefreplace").decode(self.codec).encode()

    def holds(self, text: str) -> bool:
        """Whether the file's encoding has every character of a text."""
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True


def decode(raw: bytes) -> Document:
    """The content of a file.

    Raises:
        Untouchable: it does not come back byte for byte, so nothing can be promised about the rest of it.
    """
    bom, codec = next(((mark, codec) for mark, codec in _BOMS if raw.startswith(mark)), (b"", ""))
    body = raw[len(bom) :]
    if not codec:
        codec = _codec_of(body)
    try:
        text = body.decode(codec)
        if codec == "utf-8":
            return Document(body, bom, codec)
        if text.encode(codec) == body:
            return Document(text.encode(), bom, codec)
    except UnicodeError as error:
        raise Untouchable(f"its bytes are not the {codec} that it declares") from error
    raise Untouchable(f"its encoding ({codec}) does not come back byte for byte")


def _codec_of(body: bytes) -> str:
    if body[:2] == b"<\0":
        return "utf-16-le"
    if body[:2] == b"\0<":
        return "utf-16-be"
    declared = _DECLARED.match(body)
    name = declared[1].decode() if declared else "utf-8"
    try:
        codec = codecs.lookup(name).name
    except LookupError as error:
        raise Untouchable(f"its encoding ({name}) is not known here") from error
    if codec.startswith(("utf-16", "utf-32")):  # a file without such bytes that declares them
        raise Untouchable(f"its bytes are not the {name} that it declares")
    return codec
