"""Misspelt searches, mended with the words that services are called by."""

from __future__ import annotations

import difflib
import re

from marketplace.catalog.models import SearchWord

_WORD = re.compile(r"[^\W_]+")
#: How alike two words must be, from 0 to 1.
_ALIKE = 0.7
_CANDIDATES = 200
WORD_LENGTH = 40
#: More words than these are not looked at.
WORD_LIMIT = 12


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, each once, without punctuation."""
    return list(dict.fromkeys(word[:WORD_LENGTH] for word in _WORD.findall(text.lower())))


def trigrams(word: str) -> list[str]:
    """Return the pieces of three letters that a word consists of, its ends marked by blanks."""
    padded = f"  {word} "
    return sorted({padded[i : i + 3] for i in range(len(padded) - 2)})


def mended(text: str) -> str | None:
    """Return the text with unknown words replaced by the most similar known ones; None when nothing is better."""
    asked = words(text)[:WORD_LIMIT]
    better = [_nearest(word) for word in asked]
    return " ".join(better) if better != asked else None


def _nearest(word: str) -> str:
    """Return the known word that is most like `word`; itself when it is known, or begins one, or nothing is alike."""
    if SearchWord.objects.filter(word__startswith=word).exists():
        return word
    known = SearchWord.objects.filter(trigrams__overlap=trigrams(word)).values_list("word", flat=True)
    return next(iter(difflib.get_close_matches(word, list(known[:_CANDIDATES]), n=1, cutoff=_ALIKE)), word)
