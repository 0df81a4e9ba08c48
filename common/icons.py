"""`make icons`: all drawings of assets/icons in one file, which browsers keep. Pages only name what they draw of it."""

from __future__ import annotations

import re
from pathlib import Path

#: Where it stands below static/.
SPRITE = "icons.svg"
_OPENING = re.compile(r"<svg\b([^>]*)>")
_KEPT = re.compile(r'\b(?:fill|stroke|stroke-width|stroke-linecap|stroke-linejoin)="[^"]*"')
_BOX = re.compile(r'viewBox="[^"]*"')


def sprite(folder: Path) -> str:
    """Return the drawings of a folder as symbols with their names as ids."""
    symbols = [_symbol(path) for path in sorted(folder.glob("*.svg"))]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>"]) + "\n"


def _symbol(path: Path) -> str:
    text = path.read_text().strip()
    opening = _OPENING.search(text)
    assert opening is not None, path
    box = _BOX.search(opening[1])
    drawn = " ".join(_KEPT.findall(opening[1]))
    content = text[opening.end() :].removesuffix("</svg>").strip()
    return f'<symbol id="{path.stem}" {box[0] if box else ""}><g {drawn}>{content}</g></symbol>'


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    (root / "static" / SPRITE).write_text(sprite(root / "assets" / "icons"))
