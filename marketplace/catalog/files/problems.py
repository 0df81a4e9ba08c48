"""What is wrong with a seller's file, in a sentence that says how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

#: What JSON and TOML files hold: the content is the seller's, so its values are only known after checking.
JsonObject = dict[str, Any]
Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]

#: The order in which problems of several parts are told.
_PARTS = ("provider_data", "offering_data", "listing_data")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$@-]+\Z")
_SECRET_KEY = re.compile(r"(?:key|secret|token|password|passwd|credential|authorization)s?\Z", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"(?:bearer\s+|basic\s+)?(?:sk-|sk_|svcpass_|gsk_|pk_|rk_|ghp_|gho_|xox[a-z]-|AKIA|AIza|hf_|eyJ)", re.I
)
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+@")
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. part: provider_data, offering_data, listing_data, a file's name, or "".

    type: a machine word such as `missing`, `enum`, `unknown_field`, `deprecated`.
    """

    part: str
    path: Path
    message: str
    fix: str = ""
    type: str = "value_error"
    severity: Severity = "error"

    @property
    def where(self) -> str:
        """Return part and path, such as `listing_data.documents.'Quick start'.category`."""
        return _dotted(self.part, self.path)

    @property
    def text(self) -> str:
        """Return the whole sentence: where, what, how to mend it."""
        return ": ".join(filter(None, (self.where, self.sentence)))

    @property
    def sentence(self) -> str:
        """Return what is wrong and how to mend it, without the place."""
        return f"{self.message}. {self.fix}" if self.fix else self.message

    def as_detail(self) -> dict[str, object]:
        """Return the problem as an entry of a 422 body: loc, msg, type."""
        inside = ["data", self.part] if self.part in _PARTS else []
        return {"loc": ["body", *inside, *self.path], "msg": self.sentence, "type": self.type}


@dataclass(frozen=True, slots=True)
class Findings:
    """Where problems are gathered while a part is walked through. `at` returns the same list, further down."""

    part: str = ""
    path: Path = ()
    problems: list[Problem] = field(default_factory=list)

    def at(self, *keys: str | int) -> Findings:
        """Return the findings at a place below this one."""
        return replace(self, path=(*self.path, *keys))

    def of(self, part: str) -> Findings:
        """Return the findings at the top of another part."""
        return replace(self, part=part, path=())

    def error(self, message: str, fix: str = "", *, type: str = "value_error") -> None:
        """Note what must be mended."""
        self.problems.append(Problem(self.part, self.path, message, fix, type))

    def warning(self, message: str, fix: str = "", *, type: str = "warning") -> None:
        """Note what is accepted, and what the seller should know about it."""
        self.problems.append(Problem(self.part, self.path, message, fix, type, "warning"))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without repetition, most useful first.

    Credentials in the open come first, then the parts in the order in which they refer to each other; within a part
    the order of the checks stays, and misspelt fields stand before what is missing, because one explains the other.
    """
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (_urgency(problem), _part_rank(problem), _type_rank(problem))))


def _urgency(problem: Problem) -> int:
    return (problem.severity == "warning") * 2 + (problem.type != "literal_credential")


def _part_rank(problem: Problem) -> int:
    return _PARTS.index(problem.part) if problem.part in _PARTS else len(_PARTS)


def _type_rank(problem: Problem) -> int:
    return 0 if problem.type == "unknown_field" else 1


def shown(value: object, key: str | int = "") -> str:
    """Return a value for a message: short, and masked when it could be a credential.

    key: the name of the field that holds it.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{masked(value) if _could_be_secret(value, str(key)) else _short(value)}'"
        case dict():
            return "an object"
        case list():
            return "a list"
    return _short(str(value))


def masked(value: str) -> str:
    """Return the first characters of a value that must not be repeated."""
    return value[:4] + "…" if len(value) > 8 else "…"


def _could_be_secret(value: str, key: str) -> bool:
    if value.startswith("${") or "{{" in value:
        return False
    return bool(_SECRET_KEY.search(key) or _CREDENTIAL.match(value))


def _short(value: str) -> str:
    clean = _USER_INFO.sub("…@", "".join(c if c.isprintable() else "�" for c in value[: _SHOWN_CHARACTERS + 1]))
    return clean if len(value) <= _SHOWN_CHARACTERS else clean[:_SHOWN_CHARACTERS] + "…"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return ` (did you mean x?)` to follow a sentence, or "" when nothing is near."""
    near = nearest(word, known)
    return f" (did you mean {near}?)" if near else ""


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known word that is most like a word, or ""."""
    return next(iter(difflib.get_close_matches(word[:100], sorted(known), n=1, cutoff=0.6)), "")


def listed(words: Collection[str], *, last: str = "or") -> str:
    """Return words as a phrase: `a, b or c`."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def _dotted(part: str, path: Path) -> str:
    text = part
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
            continue
        name = key if _PLAIN_KEY.match(key) else f"'{_short(key)}'"
        text += f".{name}" if text else name
    return text
