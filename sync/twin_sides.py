"""Which items take part in the search for twins: those that say something of others, and those they name.

In a large portfolio that is a small part of it, and nothing else has to become an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from portfolio.records import ItemId
from schedule.hierarchy import IntArray
from store.frames import Frame
from sync.addresses import AddressIndex, is_address
from sync.twins import AZURE_MENTION, KEY_IN_TITLE, TwinDecision, TwinSide


def sides_that_matter(
    items: Frame,
    former_keys: Mapping[str, ItemId],
    configured: Iterable[tuple[str, str]],
    decisions: Iterable[TwinDecision],
    addresses: AddressIndex,
) -> list[TwinSide]:
    """The sides among which `find_twins` finds what it finds among all.

    Args:
        items: `item_id`, `source`, `key`, `title`, `twin_keys` and `linked_urls` of all items.
        former_keys: keys that items had before they moved.
        configured: pairs of `source:key` or item ids from the configuration.
        decisions: what people confirmed and rejected.
        addresses: where items stand.
    """
    keys, ids = items.keys("key"), items.keys("item_id")
    speakers, names = _said(items)
    named: set[str] = {name for pair in configured for name in pair}
    for one in decisions:
        named.update(one.keys)
        named.update(one.ids or ())
    for name in names:
        named.add(name)
        if is_address(name):
            named.update(addresses.items_at(name))
    # `source:key` names a key, too; a key more than needed does no harm.
    named.update([name.partition(":")[2] for name in named if ":" in name])
    named.update([former_keys[name] for name in named if name in former_keys])
    if not named:
        return _sides(items, speakers)
    is_named = np.fromiter(
        (key in named or item in named for key, item in zip(keys, ids, strict=True)), bool, len(items)
    )
    is_named[speakers] = True
    return _sides(items, np.flatnonzero(is_named))


def _said(items: Frame) -> tuple[IntArray, set[str]]:
    """The items that say something of others, and every name by which they may mean another."""
    twin_keys, links = items.codes("twin_keys"), items.codes("linked_urls")
    says = twin_keys.of([*(bool(words) for words in twin_keys.words), False]).astype(bool)
    names = {name for words in twin_keys.words for word in words for name in _names(word.strip())}
    if len(set(items.codes("source").words)) > 1:
        says |= links.of([*(bool(words) for words in links.words), False]).astype(bool)
        names.update(url for words in links.words for url in words)
        for row, title in enumerate(items.texts("title")):
            mentioned = list(_mentioned(title or ""))
            if mentioned:
                says[row] = True
                names.update(mentioned)
    return np.flatnonzero(says), names


def _names(text: str) -> Sequence[str]:
    mention = AZURE_MENTION.fullmatch(text)
    return (text, text.upper(), mention.group(1)) if mention else (text, text.upper())


def _mentioned(title: str) -> Iterator[str]:
    if "-" in title:
        yield from KEY_IN_TITLE.findall(title)
    if "#" in title:
        yield from AZURE_MENTION.findall(title)


def _sides(items: Frame, rows: IntArray) -> list[TwinSide]:
    some = items.take(rows)
    names = ("item_id", "source", "key", "title", "twin_keys", "linked_urls")
    return [
        TwinSide(item, source, key, title, keys or (), urls or ())
        for item, source, key, title, keys, urls in zip(*(some.values(name) for name in names), strict=True)
    ]
