"""Documents of a provider, an offering or a listing: their fields, and whether their content is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    COLUMN_MAXIMUM,
    Field,
    boolean,
    check_object,
    list_of,
    mapping,
    one_of,
    text,
    url_problem,
)
from marketplace.catalog.files.fields import number as a_number
from marketplace.catalog.files.fields import whole_number as a_whole_number
from marketplace.catalog.files.problems import Findings, JsonObject, shown

#: Where an uploaded blob is named: `${UNITYSVC_S3_BASE_URL}/<object key>`.
BLOB_PREFIX = "${UNITYSVC_S3_BASE_URL}/"
CONNECTIVITY_TEST = "connectivity_test"
EXECUTABLE_CATEGORIES = frozenset({CONNECTIVITY_TEST, "code_example"})
#: The key under which a document that the sellers' tools still have to fill carries its preset's name.
PRESET = "preset"
_TITLE_LIMITS = (5, 255)
_OBJECT_KEY = re.compile(r"[A-Za-z0-9._-]{1,200}\Z")
_MAX_CONTENT = 1_048_576

_META = {
    "requirements": Field(list_of(text(200), limit=100)),
    "channels": Field(list_of(text(200))),
    "interfaces": Field(list_of(text(200))),
    "sleep_after_test": Field(a_number),
    "min_expected_metrics": Field(mapping),
    "timeout": Field(a_number),
    "request": Field(mapping),
    "response": Field(mapping),
    "test": Field(mapping),
}
_FIELDS = {
    "mime_type": Field(one_of(vocabulary.MIME_TYPES), required=True),
    "category": Field(one_of(vocabulary.CATEGORIES), required=True),
    "description": Field(text(500)),
    "version": Field(text(50)),
    "file_path": Field(text(1000)),
    "external_url": Field(text(1000)),
    "file_content": Field(text(_MAX_CONTENT)),
    "meta": Field(mapping),
    "sort_order": Field(a_whole_number(maximum=COLUMN_MAXIMUM)),
    "is_active": Field(boolean),
    "is_public": Field(boolean),
}

_EXTENSIONS = {
    "md": "markdown",
    "markdown": "markdown",
    "py": "python",
    "js": "javascript",
    "mjs": "javascript",
    "sh": "bash",
    "html": "html",
    "htm": "html",
    "json": "json",
    "txt": "text",
    "pdf": "pdf",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "png": "png",
    "svg": "svg",
    "webp": "webp",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What uploaded blobs hold, by object key. None: nobody looked, so nothing is said about missing ones."""

    by_key: Mapping[str, bytes] | None = None

    def of(self, document: Mapping[str, Any]) -> str | None:
        """Return a document's text, or None when it is not at hand or not text."""
        content = document.get("file_content")
        if isinstance(content, str):
            return content
        key = object_key(document)
        raw = self.by_key.get(key) if self.by_key is not None and key else None
        if raw is None:
            return None
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return None


def object_key(document: Mapping[str, Any]) -> str:
    """Return the key of the uploaded blob that a document names, or ""."""
    address = document.get("external_url")
    return address.removeprefix(BLOB_PREFIX) if isinstance(address, str) and address.startswith(BLOB_PREFIX) else ""


def documents_of(part: Mapping[str, Any]) -> Iterator[tuple[str, JsonObject]]:
    """Yield title and document of a part, leaving out what is no document at all."""
    documents = part.get("documents")
    for title, document in documents.items() if isinstance(documents, dict) else ():
        if isinstance(document, dict):
            yield title, document


def mime_type_of(file_name: str, *, otherwise: str = "text") -> str:
    """Return the mime type word for a file name; the `.j2` of a template does not count."""
    suffix = PurePosixPath(file_name.removesuffix(".j2")).suffix.lower().removeprefix(".")
    return _EXTENSIONS.get(suffix, otherwise)


def lift_shortcuts(part: JsonObject) -> JsonObject:
    """Return the part with `logo` and `terms_of_service` turned into documents, as the sellers' tools do."""
    lifted = dict(part)
    documents = lifted.get("documents")
    for key, title, category in (
        ("logo", "Company Logo", "logo"),
        ("terms_of_service", "Terms of Service", "terms_of_service"),
    ):
        value = lifted.get(key)
        if not isinstance(value, str) or not (documents is None or isinstance(documents, dict)):
            continue
        del lifted[key]
        if value:
            documents = {title: _shortcut(value, category), **(documents or {})}
            lifted["documents"] = documents
    return lifted


def _shortcut(value: str, category: str) -> JsonObject:
    document: JsonObject = {"category": category, "is_public": True}
    if "://" in value or value.startswith("${"):
        mime_type = "url" if category == "terms_of_service" else mime_type_of(value.partition("?")[0], otherwise="url")
        return document | {"mime_type": mime_type, "external_url": value}
    return document | {"mime_type": mime_type_of(value), "file_path": value}


# -- checks ------------------------------------------------------------------------------------------------------------


def check_documents(value: object, found: Findings, *, contents: Contents, for_submit: bool) -> None:
    """Check the documents of one part. value: title to document."""
    if not isinstance(value, dict):
        found.error(f"must be an object of title: document (got {shown(value)})", type="type_error")
        return
    for title, document in value.items():
        here = found.at(title)
        if not _TITLE_LIMITS[0] <= len(title) <= _TITLE_LIMITS[1]:
            here.error(f"a title has 5 to 255 characters (got {len(title)})", type="string_length")
        if check_object(document, _FIELDS, here):
            _check_document(document, here, contents, for_submit)


def _check_document(document: JsonObject, found: Findings, contents: Contents, for_submit: bool) -> None:
    _check_source(document, found)
    _check_meta(document.get("meta"), found.at("meta"))
    if document.get("category") == CONNECTIVITY_TEST and document.get("is_public") is True:
        found.at("is_public").warning(
            "a connectivity_test is never shown to customers, whatever is said here", "Leave is_public out"
        )
    if not _has_preset(document):
        _check_content(document, found, contents, for_submit)
    elif for_submit:
        found.error("has no content yet", "Upload it with the sellers' tools, which fill in presets", type="content")
    if document.get("category") == "request_template":
        _check_request_template(document, found, contents)


def _check_source(document: JsonObject, found: Findings) -> None:
    file_path, address = document.get("file_path"), document.get("external_url")
    if isinstance(address, str) and not object_key(document):
        # on the wire an uploaded document keeps its path beside the blob's name; in a file the two exclude each other
        if isinstance(file_path, str):
            found.error("give file_path or external_url, not both", type="exclusive")
        elif problem := url_problem(address):
            found.at("external_url").error(f"not a URL (got {shown(address)})", problem, type="url")
    if isinstance(file_path, str) and (problem := path_problem(file_path)):
        found.at("file_path").error(f"{problem} (got {shown(file_path)})", type="file_path")
    key = object_key(document)
    if isinstance(address, str) and address.startswith(BLOB_PREFIX) and not _OBJECT_KEY.match(key):
        found.at("external_url").error(f"not the key of an uploaded file (got {shown(address)})", type="content")


def path_problem(path: str) -> str:
    """Return what is wrong with the path of a document's file, or ""."""
    if "://" in path:
        return "a URL belongs into external_url"
    if path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", path):
        return "must be relative to the file that names it"
    return "" if path.isprintable() else "holds characters that no file name has"


def _check_meta(meta: object, found: Findings) -> None:
    if not isinstance(meta, dict):
        return
    for name, spec in _META.items():
        if meta.get(name) is not None:
            spec.check(meta[name], found.at(name))
    for name in ("timeout", "sleep_after_test"):
        value = meta.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            found.at(name).error(f"must not be negative (got {shown(value)})", type="out_of_range")


def _check_content(document: JsonObject, found: Findings, contents: Contents, for_submit: bool) -> None:
    key = object_key(document)
    if key and contents.by_key is not None and key not in contents.by_key:
        found.error(f"blob {_short_key(key)} was never uploaded", "Upload the file first", type="content")
    if key or document.get("file_content") is not None or document.get("external_url") is not None:
        return
    looked = contents.by_key is not None or for_submit
    if looked and isinstance(document.get("file_path"), str):
        found.error("its file was never uploaded", "Upload the file and set external_url to its key", type="content")
    elif document.get("file_path") is None:
        found.error("has no content", "Give file_path, external_url or file_content", type="content")


def _short_key(key: str) -> str:
    stem, dot, extension = key.rpartition(".")
    return f"{stem[:4]}…{dot}{extension}" if len(stem) > 12 else key


def _check_request_template(document: JsonObject, found: Findings, contents: Contents) -> None:
    content = contents.of(document)
    if content is None:
        return
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        if not _is_template(document, content):
            found.error(f"not valid JSON (line {error.lineno}, column {error.colno})", type="json")
    except (RecursionError, ValueError):
        found.error("not valid JSON (nested too deep or a number too long)", type="json")


def _is_template(document: JsonObject, content: str) -> bool:
    """Return whether the JSON only comes into being when the template is rendered."""
    path = document.get("file_path")
    return isinstance(path, str) and path.endswith(".j2") and ("{{" in content or "{%" in content)


def _has_preset(document: Mapping[str, Any]) -> bool:
    meta = document.get("meta")
    return isinstance(meta, dict) and PRESET in meta and not (object_key(document) or document.get("file_content"))


def has_connectivity_test(*parts: Mapping[str, Any]) -> bool:
    """Return whether any part has an active document that tests the connection."""
    return any(
        document.get("category") == CONNECTIVITY_TEST and document.get("is_active") is not False
        for part in parts
        for _, document in documents_of(part)
    )


# -- presets -----------------------------------------------------------------------------------------------------------

_PRESET_KEYS = ("$doc_preset", "$file_preset")
_PRESET_CATEGORIES = (
    ("connectivity", CONNECTIVITY_TEST, "text"),
    ("request_template", "request_template", "json"),
    ("code_example", "code_example", "text"),
    ("description", "getting_started", "markdown"),
)
_PRESET_LANGUAGES = (
    (re.compile(r"_(?:javascript|js|node)(?:_|\Z)"), "javascript"),
    (re.compile(r"_(?:shell|curl|bash|sh)(?:_|\Z)"), "bash"),
    (re.compile(r"_(?:python|py|openai|requests|httpx|anthropic|boto3)(?:_|\Z)"), "python"),
)


def expand_preset(document: JsonObject, found: Findings) -> JsonObject:
    """Return a document that names a preset as an ordinary one, without content, and warn about that.

    The presets themselves live in the sellers' tools, which fill them in before they upload.
    """
    key = next((key for key in _PRESET_KEYS if key in document), None)
    if key is None:
        return document
    asked = document[key]
    name, inside = (asked.get("name"), asked) if isinstance(asked, dict) else (asked, {})
    if not isinstance(name, str) or not name:
        found.at(key).error("must be the name of a preset, or an object with a name", type="type_error")
        name = ""
    category, mime_type = _preset_kind(name)
    given = {k: v for k, v in {**inside, **document}.items() if k in _FIELDS}
    held = given.get("meta")
    meta = held if isinstance(held, dict) else {}
    found.warning(
        f"preset {shown(name)} has no content until the sellers' tools fill it in", "Upload with them", type="preset"
    )
    return {"category": category, "mime_type": mime_type} | given | {"meta": {**meta, PRESET: name}}


def _preset_kind(name: str) -> tuple[str, str]:
    category, mime_type = next(((c, m) for word, c, m in _PRESET_CATEGORIES if word in name), ("other", "text"))
    if category in EXECUTABLE_CATEGORIES:
        mime_type = next((language for pattern, language in _PRESET_LANGUAGES if pattern.search(name)), mime_type)
    return category, mime_type
