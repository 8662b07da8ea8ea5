"""Finds what a person is called in texts of any kind, and puts what stands in its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.erasure import Person

# A single shorter word is in too many other sentences; a name of several words is not, however short.
_SPECIFIC = 6
# Scripts that put no space between words, so that a name is found inside of them.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]{2,}")


class Mentions:
    """Everything a person is called.

    Names and accounts are found as whole words, in any case and however their accents are written. A short
    word, such as a first name, counts only where it stands alone; a number counts nowhere.

    Attributes:
        pattern: what is found inside of sentences; None where nothing is specific enough.
        vague: the names that are not.
    """

    def __init__(self, person: Person) -> None:
        accounts = {account: place for (_, account), place in person.accounts.items()}
        given: Mapping[str, str] = {**person.texts, **person.addresses, **accounts}
        told = {text.strip(): place for text, place in given.items() if not text.isdigit()}
        # An account belongs to its source: a short one is somebody else's in another.
        self._alone = {
            form.casefold() for text in (*person.texts, *person.addresses) for form in _forms(text)
        }
        self._places = {form.casefold(): place for text, place in told.items() for form in _forms(text)}
        self.pattern = _pattern(form for text in told if _is_specific(text) for form in _forms(text))
        self.vague = sorted(text for text in person.texts if not _is_specific(text.strip()))

    def without(self, value: Any) -> Any:
        """The value without them: a text, or anything that JSON can say."""
        match value:
            case str():
                return self._text(value)
            case dict():
                return {self._text(str(name)): self.without(one) for name, one in value.items()}
            case list() | tuple():
                return [self.without(one) for one in value]
        return value

    def _text(self, text: str) -> str:
        if (folded := text.strip().casefold()) in self._alone and folded in self._places:
            return self._places[folded]
        if self.pattern is None:
            return text
        return self.pattern.sub(lambda found: self._places.get(found[0].casefold(), "erased"), text)


def _forms(text: str) -> set[str]:
    """A text as it may stand somewhere. Folding makes `ss` of `ß`, which no pattern finds by itself."""
    composed, apart = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    return {composed, apart, composed.casefold(), apart.casefold()}


def _pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(set(texts), key=lambda one: (-len(one), one))
    parts = [
        re.escape(one) if _UNSPACED.fullmatch(one) else rf"(?<!\w){re.escape(one)}(?!\w)"
        for one in longest_first
    ]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _is_specific(text: str) -> bool:
    return len(text) >= _SPECIFIC or len(text.split()) > 1 or _UNSPACED.fullmatch(text) is not None
