"""How this upstream counts: a token is a word, so that anybody can check a bill by counting words.

- A text has as many tokens as `text.split()` has parts; a picture or a file in a message has none.
- Input is the sum over every message and the system text.
- Output is the reply: "Echo:" and the words of the last user message, cut at the limit asked for.
- Cached input: OpenAI's format counts the system words as cached (and inside the input) when `prompt_cache_key` is
  given; Anthropic's counts the blocks marked with `cache_control` as read from the cache, outside the input.
"""

from __future__ import annotations

from collections.abc import Iterator


def count(text: str) -> int:
    """Return the number of tokens of `text`."""
    return len(text.split())


def text_of(content: object) -> str:
    """Return the words of a message's content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def reply(last_user_text: str, limit: int | None) -> tuple[list[str], bool]:
    """Return the words of the reply, and whether `limit` cut it."""
    words = ["Echo:", *last_user_text.split()]
    if limit is not None and len(words) > limit:
        return words[: max(limit, 1)], True
    return words, False


def pieces(words: list[str]) -> Iterator[str]:
    """Yield the reply as a stream sends it: one word a piece, spaces in front of all but the first."""
    for position, word in enumerate(words):
        yield word if position == 0 else f" {word}"
