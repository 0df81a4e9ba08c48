"""The parts of the design system, as tags and filters. templates/components/README.md shows how each one is used."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.forms import BaseForm, BoundField, widgets
from django.template import Context, Library
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import amounts, icons
from common.highlight import highlighted
from common.markdown import rendered

register = Library()

#: Colours of badges and alerts.
TONES = {"neutral", "primary", "info", "success", "warning", "error", "accent"}
VARIANTS = {
    "primary": "btn-primary",
    "secondary": "btn-outline border-base-300",
    "quiet": "btn-ghost",
    "danger": "btn-error",
    "danger-outline": "btn-outline btn-error",
}
SIZES = {"sm": "btn-sm", "md": "", "lg": "btn-lg"}


@cache
def _drawing(name: str) -> str:
    """Return the icon as the sprite's own drawing of it; whole where the sprite was not made anew (`make icons`)."""
    if f'id="{name}"' in (settings.BASE_DIR / "static" / icons.SPRITE).read_text():
        return f'<svg><use href="{static(icons.SPRITE)}#{name}"/></svg>'
    text: str = (settings.BASE_DIR / "assets" / "icons" / f"{name}.svg").read_text().strip()
    return text


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon of assets/icons. Without a label it is decoration, hidden from screen readers."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    start = format_html('<svg class="{}" {} ', f"icon {css}".rstrip(), meaning)
    return start + mark_safe(_drawing(name).removeprefix("<svg").lstrip())  # noqa: S308  our own files


@register.filter
def money(amount: Decimal | None, currency: str = "USD") -> SafeString:
    """Write an amount for reading, with its currency; the exact value stands in the element."""
    if amount is None:
        return mark_safe('<span class="muted">unknown</span>')
    return _money(amount, amounts.written(amount, currency), currency)


@register.filter
def money_exact(amount: Decimal | None, currency: str = "USD") -> SafeString:
    """Write an amount with every digit: prices, charges, entries of the books."""
    if amount is None:
        return mark_safe('<span class="muted">unknown</span>')
    return _money(amount, amounts.written_exactly(amount, currency), currency)


@register.filter
def money_text(amount: Decimal, currency: str = "USD") -> str:
    """Write an amount with every digit and its currency where there is no HTML: in mails."""
    return f"{amounts.written_exactly(amount, currency)} {currency}"


def _money(amount: Decimal, text: str, currency: str) -> SafeString:
    return format_html('<data class="money" value="{}">{} {}</data>', f"{amount:f}", text, currency)


@register.filter
def dashed(stem: str, value: object) -> str:
    """Make an element's id: `"revoke"|dashed:key.id` -> revoke-5f2c…"""
    return f"{stem}-{value}"


@register.filter
def markdown(text: str) -> SafeString:
    """Print a seller's Markdown, sanitised."""
    return rendered(text)


@register.simple_tag
def badge(text: str, tone: str = "neutral", icon: str = "", title: str = "") -> str:
    """A short word with a colour and, where the colour means something, an icon."""
    return render_to_string(
        "components/badge.html",
        {"text": text, "tone": tone if tone in TONES else "neutral", "icon": icon, "title": title},
    )


@register.simple_tag
def button(
    label: str,
    variant: str = "primary",
    size: str = "md",
    icon: str = "",
    href: str = "",
    css: str = "",
    type: str = "submit",
    **attributes: Any,
) -> str:
    """A button, or with `href` a link that looks like one. Other arguments become attributes (`hx_post` -> hx-post)."""
    values = {
        "label": label,
        "classes": " ".join(filter(None, ["btn", VARIANTS[variant], SIZES[size], css])),
        "icon": icon,
        "href": href,
        "type": type,
        "attributes": _attributes(attributes),
    }
    return render_to_string("components/button.html", values)


def _attributes(values: dict[str, Any]) -> SafeString:
    """Return ` name="value"` for each value that is not None or False; True stands without a value."""
    named = [(name.strip("_").replace("_", "-"), value) for name, value in values.items() if value not in (None, False)]
    return format_html_join("", "{}", ((_attribute(name, value),) for name, value in named))


def _attribute(name: str, value: Any) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)


@register.simple_tag
def field(bound: BoundField, help: str = "", label: str = "", is_filter: bool = False, **attributes: Any) -> str:
    """A form field: label, control, help and errors, connected for screen readers.

    It says when it may be left out. A list to choose from has a choice that says so, and filters may be anyhow.
    """
    widget = bound.field.widget
    if bound.is_hidden:
        return str(bound)
    shape = _shape(widget)
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}-help"] * bool(help_text) + [f"{bound.auto_id}-error"] * bool(bound.errors)
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    extra["class"] = " ".join(filter(None, [_control_class(shape), str(widget.attrs.get("class", ""))]))
    if described and shape != "group":
        extra["aria-describedby"] = " ".join(described)
    if bound.errors:
        extra["aria-invalid"] = "true"
    values = {
        "id": bound.auto_id,
        "name": bound.html_name,
        "label": label or bound.label,
        "help": help_text,
        "errors": list(bound.errors),
        "required": bound.field.required or is_filter or _has_empty_choice(widget),
        "shape": shape,
        "is_named": shape == "group",  # Django's own element around the choices has the id
        "described_by": " ".join(described),
        "control": bound.as_widget(attrs=extra),
    }
    return render_to_string("components/field.html", values)


def _has_empty_choice(widget: widgets.Widget) -> bool:
    return isinstance(widget, widgets.Select) and not isinstance(widget, widgets.SelectMultiple)


def _shape(widget: widgets.Widget) -> str:
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple):
        return "group"
    return "range" if getattr(widget, "input_type", "") == "range" else "line"


def _control_class(shape: str) -> str:
    return {"check": "check", "group": "", "range": "range range-primary"}.get(shape, "control")


@register.simple_tag
def fields(form: BaseForm) -> SafeString:
    """Every field of a form, in its order."""
    return format_html_join("", "{}", ((field(bound),) for bound in form))


@register.simple_tag
def form_errors(form: BaseForm | None) -> str:
    """What is wrong with a submitted form, each line a link to its field. Nothing while all is well."""
    if form is None or not form.errors:
        return ""
    lines = [("", message) for message in form.non_field_errors()]
    lines += [(bound.auto_id, f"{bound.label}: {message}") for bound in form for message in bound.errors]
    return render_to_string("components/form_errors.html", {"lines": lines})


@register.simple_tag
def headings(*labels: str, numbers: str = "", action: bool = False) -> SafeString:
    """The head of a table. numbers: the labels above figures, parted by commas; action: a last column of buttons."""
    figures = {each.strip() for each in numbers.split(",")}
    cells = [(mark_safe(' class="num"') if each in figures else "", each) for each in labels]
    row = format_html_join("", '<th scope="col"{}>{}</th>', cells)
    last = mark_safe('<th scope="col"><span class="sr-only">Action</span></th>') if action else ""
    return format_html("<thead><tr>{}{}</tr></thead>", row, last)


@register.simple_tag
def copy_button(text: str, label: str = "Copy", css: str = "btn-sm btn-ghost") -> str:
    """A button that puts `text` on the clipboard and says so. It appears only when scripts run."""
    return render_to_string("components/copy_button.html", {"text": text, "label": label, "css": css})


@register.simple_tag
def code_block(text: str, language: str = "text", label: str = "") -> str:
    """Code with coloured tokens, a heading line and a copy button."""
    values = {"text": text, "code": highlighted(text, language), "label": label or language}
    return render_to_string("components/code_block.html", values)


@register.simple_tag(takes_context=True)
def tabs(context: Context, items: list[Any], label: str = "Sections") -> str:
    """Tabs that are links. items: [{label, url, current, count?}]; one of them is current."""
    return render_to_string("components/tabs.html", {"items": items, "label": label})


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Any, target: str = "") -> str:
    """Links to the neighbouring pages of a common.pagination.Page; with `target` (an id) htmx swaps that part."""
    return render_to_string("components/pagination.html", {"page": page, "target": target}, context["request"])


def _trimmed(content: str) -> SafeString:
    return mark_safe(content.strip())  # noqa: S308  what a template printed, escaped there


@register.simple_block_tag
def page_header(content: str, title: str, lead: str = "", back: str = "", back_label: str = "Back") -> str:
    """The page's h1, a sentence under it, and the actions between the tags."""
    values = {"title": title, "lead": lead, "back": back, "back_label": back_label, "actions": _trimmed(content)}
    return render_to_string("components/page_header.html", values)


@register.simple_block_tag
def panel(content: str, title: str = "", lead: str = "", id: str = "", css: str = "") -> str:
    """A box with an optional heading (h2)."""
    return render_to_string(
        "components/panel.html", {"title": title, "lead": lead, "id": id, "css": css, "content": content}
    )


@register.simple_block_tag
def table(content: str, caption: str, cards: bool = True) -> str:
    """A table in a box. On narrow screens rows become cards (cells carry data-label); with cards=False it scrolls."""
    return render_to_string("components/table.html", {"caption": caption, "cards": cards, "content": content})


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: str = "", role: str = "") -> str:
    """A message in the page. role="alert" or "status" when it appears after the page was shown."""
    values = {"tone": tone if tone in TONES else "info", "title": title, "role": role, "content": content}
    return render_to_string("components/alert.html", values)


@register.simple_block_tag
def blank_slate(content: str, title: str, text: str = "", icon: str = "inbox") -> str:
    """What a list shows when it is empty: what it is, why it is empty, and one action between the tags."""
    values = {"title": title, "text": text, "icon": icon, "action": _trimmed(content)}
    return render_to_string("components/blank_slate.html", values)


@register.simple_block_tag
def stat(content: str, label: str, hint: str = "") -> str:
    """A number with its name."""
    return render_to_string("components/stat.html", {"label": label, "hint": hint, "content": content})


@register.simple_block_tag
def term(content: str, label: str, sign: str = "") -> str:
    """A number of a sum that is written out, with its name and the sign before it. They stand in a "sum"."""
    return render_to_string("components/term.html", {"label": label, "sign": sign, "content": content})


@register.simple_block_tag
def filter_form(content: str, form: Any, action: str, label: str, more: str = "More filters") -> str:
    """The filters of a list, in its address. form: has `first`, `more`, `has_more`. Between the tags: a way out."""
    values = {"form": form, "action": action, "label": label, "more": more, "way_out": _trimmed(content)}
    return render_to_string("components/filter_form.html", values)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> str:
    """A <dialog>; a button with commandfor="id" command="show-modal" opens it."""
    return render_to_string("components/dialog.html", {"id": id, "title": title, "content": content})


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context, content: str, id: str, title: str, action: str, label: str, variant: str = "danger"
) -> str:
    """A dialog that names the thing and posts to `action`. Between the tags: the sentence, and hidden inputs."""
    values = {
        "id": id,
        "title": title,
        "action": action,
        "label": label,
        "variant": variant,
        "content": content,
        "csrf_token": context.get("csrf_token", ""),
    }
    return render_to_string("components/confirm.html", values)


@register.simple_block_tag(takes_context=True)
def also(context: Context, content: str, name: str) -> SafeString:
    """Print what stands inside, and keep it under a name for the rest of the page: a block can be printed only once."""
    printed = mark_safe(" ".join(content.split()))  # noqa: S308  printed by the template, and escaped there
    context.dicts[0][name] = printed
    return printed
