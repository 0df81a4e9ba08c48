"""What a hosted page answers: HTML, or the way to somewhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """A page. headers: with the Location of a redirect."""

    html: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def redirect(url: str) -> PageAnswer:
    """Send the browser there."""
    return PageAnswer(status=303, headers={"Location": url})


def page(title: str, body: str, *, status: int = 200) -> PageAnswer:
    """Return a whole page. body: HTML, with everything in it escaped already."""
    html = _PAGE.format(title=escape(title), body=body, style=_STYLE)
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return PageAnswer(html, status, {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"})


def gone(message: str, *, status: int = 404) -> PageAnswer:
    """Say that there is nothing to do here."""
    return page("Nothing to do here", f"<h1>Nothing to do here</h1><p>{escape(message)}</p>", status=status)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - pretended card processor</title>
<style>{style}</style>
</head>
<body>
<p class="banner">This is not Stripe. It pretends to be, for trying things out: no money moves.
Never type a real card number.</p>
<main>{body}</main>
</body>
</html>"""

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1a2130, #e8ebf2); --soft: light-dark(#566072, #a3adbf);
  --paper: light-dark(#fff, #1b2130); --back: light-dark(#f3f5f9, #11151f); --line: light-dark(#d5dae4, #3a4357);
  --field: light-dark(#8b93a3, #7a859b);
  --act: light-dark(#4b45c6, #a5a1ff); --on-act: light-dark(#fff, #14123d); --bad: light-dark(#b3261e, #ff9d94);
  --warn: light-dark(#fff3cd, #463a12); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
.banner { margin: 0; padding: .6rem 1rem; background: var(--warn); text-align: center; font-size: .9rem; }
main { max-width: 34rem; margin: 1.5rem auto; padding: 1.25rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px; }
main.wide, main:has(.wide) { max-width: 60rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .75rem; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 .75rem; } .soft { color: var(--soft); } .error { color: var(--bad); font-weight: 600; }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem; }
input, select { width: 100%; min-height: 44px; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--field); border-radius: 8px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
.acts { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1rem; align-items: center; }
button, .button { min-height: 44px; padding: .5rem 1.1rem; font: inherit; font-weight: 600; border-radius: 8px;
  border: 1px solid var(--act); background: var(--act); color: var(--on-act); cursor: pointer; text-decoration: none; }
button.quiet { background: none; color: var(--act); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
td, th { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
code { font-size: .92em; overflow-wrap: anywhere; } td code { white-space: nowrap; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; } a { color: var(--act); }
details { margin: 1rem 0; } summary { min-height: 24px; cursor: pointer; }
ul.cards { list-style: none; padding: 0; } ul.cards li { padding: .75rem 0; border-bottom: 1px solid var(--line); }
form.inline { display: inline; }
"""
