"""Files whose name and content say the same harmless thing are taken, and no others."""

from __future__ import annotations

from io import BytesIO

import pytest

from marketplace.attachments.kinds import AttachmentRefused, content_type

WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        ("A.JPEG", b"\xff\xd8\xff\xe0\x00", "image/jpeg"),
        ("a.gif", b"GIF89a", "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("report 2026.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.b.txt", "Grüße\t☃\r\n".encode(), "text/plain"),
        ("colours.log", b"\x1b[31mred\x1b[0m\n", "text/plain"),
        ("a.json", b'{"a": 1}', "application/json"),
    ],
)
def test_takes(filename, content, expected):
    assert content_type(filename, BytesIO(content)) == expected


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.html", b"<p>"),
        ("a.svg", b"<svg/>"),
        ("a.zip", b"PK\x03\x04"),
        ("png", b"\x89PNG\r\n\x1a\n"),
        (".png", b"\x89PNG\r\n\x1a\n"),
        ("a.png.exe", b"\x89PNG\r\n\x1a\n"),
        ("a.png", b"GIF89a"),
        ("a.png", b""),
        ("a.webp", b"RIFF\x24\x00\x00\x00WAVEfmt "),
        ("a.pdf", b"\n%PDF-1.7"),
        ("a.txt", b"PK\x03\x04\x00\x00"),
        ("a.txt", b"\xff\xfeu\x00t\x00f\x00"),
        ("a.txt", b"\xe9"),
        ("../a.txt", b"a"),
        ("a\u202etxt.exe.txt", b"a"),
        ("a\n.txt", b"a"),
        ('a".txt', b"a"),
        (f"{'a' * 197}.txt", b"a"),
        ("", b"a"),
    ],
)
def test_refuses(filename, content):
    with pytest.raises(AttachmentRefused):
        content_type(filename, BytesIO(content))
