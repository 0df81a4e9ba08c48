"""Errors that callers are meant to handle: a code, a sentence that names what to do next, and the facts."""

from __future__ import annotations

from typing import Any, ClassVar

#: Of a value that PostgreSQL does not take.
UNSTORABLE = "A value is too large, or has a character that cannot be stored (U+0000). Correct it and try again."


class DomainError(Exception):
    """Something a person can act on. Subclasses set `code` and `sentence`; facts fill the sentence.

    sentence: a format string over the facts given by keyword, e.g. "Top up: {needed} is missing."
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "The request cannot be carried out."

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.facts = facts
        self.message = message if message is not None else self.sentence.format(**facts)
        super().__init__(self.message)


class NotFound(DomainError):
    """Unknown, or another team's: the two are told apart by nobody."""

    code = "not_found"
    sentence = "There is no such {what} in this account."


class Invalid(DomainError):
    """Input that breaks a rule. `problems` lists all of them, each one a sentence with its path."""

    code = "invalid"
    sentence = "{summary}"

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(summary="; ".join(problems), problems=problems)
