"""Pictures as small as they can be."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

_COLOURS = 128


def keep(taken: bytes, path: Path) -> None:
    """Write a screenshot with a palette of its own: pages have few colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    picture.quantize(colors=_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
