"""What a browser without scripts posts for a form: the controls of the page, with the values it would let them keep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_POSTED = {"submit", "button", "reset", "image", "file"}


@dataclass
class Control:
    """One control that is not disabled."""

    name: str
    kind: str
    value: str
    is_checked: bool = False


@dataclass
class Page(HTMLParser):
    """A parsed page. controls: in order; buttons: (name, value) of what submits."""

    controls: list[Control] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._disabled: list[bool] = []
        self._textarea: Control | None = None
        self._select: Control | None = None
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_off = any(self._disabled) or "disabled" in given
        if tag == "fieldset":
            self._disabled.append("disabled" in given)
        elif tag == "input" and not is_off and given.get("name") and given.get("type", "text") not in _NOT_POSTED:
            kind = given.get("type", "text")
            default = "on" if kind in {"checkbox", "radio"} else ""
            self.controls.append(Control(given["name"], kind, given.get("value", default), "checked" in given))
        elif tag == "textarea":
            self._textarea = Control("" if is_off else given.get("name", ""), "textarea", "")
        elif tag == "select":
            self._select, self._options = Control("" if is_off else given.get("name", ""), "select", ""), []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "button" and given.get("type", "submit") == "submit" and not is_off:
            self.buttons.append((given.get("name", ""), given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self._disabled.pop()
        elif tag == "textarea" and self._textarea is not None:
            self._textarea.value = self._textarea.value.removeprefix("\n")
            self.controls.append(self._textarea)
            self._textarea = None
        elif tag == "select" and self._select is not None:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            first = [value for value, _ in self._options[:1]]
            for value in chosen[-1:] or first:
                self.controls.append(Control(self._select.name, "select", value))
            self._select = None


def parsed(html: str) -> Page:
    """Return the page as a browser reads its bytes."""
    text = html.encode().decode().replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    page = Page()
    page.feed(text)
    page.close()
    return page


def posts(html: str, button: tuple[str, str] | None = None) -> dict[str, list[str]]:
    """Return what submitting the only form of `html` posts, by name."""
    found: dict[str, list[str]] = {}
    for control in parsed(html).controls:
        is_off = control.kind in {"checkbox", "radio"} and not control.is_checked
        if control.name and not is_off:
            found.setdefault(control.name, []).append(_kept(control).replace("\n", "\r\n"))
    if button is not None:
        found.setdefault(button[0], []).append(button[1])
    return found


def _kept(control: Control) -> str:
    """Return the value after the browser's own clean-up of the control's type."""
    match control.kind:
        case "text" | "password" | "search" | "tel":
            return control.value.replace("\n", "")
        case "email" | "url":
            return control.value.replace("\n", "").strip()
        case "number" | "range":
            return control.value if _NUMBER.fullmatch(control.value) and abs(float(control.value)) < 1e309 else ""
        case "date":
            return control.value if _DATE.fullmatch(control.value) else ""
    return control.value
