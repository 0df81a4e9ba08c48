"""What is kept of an answer is cleared of the secrets of its calls: an upstream may have echoed them."""

from __future__ import annotations

from domain.scrubbing import scrub, scrub_beginning
from gateway.context import Headers
from gateway.execution.scene import Scene
from gateway.secrets import SecretUnreadable
from gateway.stores.base import StoreUnavailable


async def without_secrets(
    scene: Scene, headers: Headers, pieces: list[bytes], *, is_cut: bool = False
) -> tuple[Headers, list[bytes]] | None:
    """Return headers and body as they may be stored, or None when that cannot be told.

    The pieces stay apart when there was nothing to take out. is_cut: the body goes on behind what is here.
    """
    secrets = []
    try:
        for team_id, name in scene.ctx.secrets_used:
            value = await scene.deps.secrets.value(team_id, name)
            if value is not None:
                secrets.append(value.text)
    except (StoreUnavailable, SecretUnreadable):
        return None
    if not secrets:
        return headers, pieces
    body = b"".join(pieces)
    cleared = scrub_beginning(body, secrets) if is_cut else scrub(body, secrets)
    kept = [(name, scrub(value, secrets)) for name, value in headers]
    if cleared == body:
        return kept, pieces
    return [_resized(pair, len(cleared)) for pair in kept], [cleared]


def _resized(pair: tuple[bytes, bytes], size: int) -> tuple[bytes, bytes]:
    return (pair[0], str(size).encode()) if pair[0].lower() == b"content-length" else pair
