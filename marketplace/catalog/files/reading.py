"""A catalogue's folder: which files belong together, read, with the documents that they refer to.

Both layouts are understood, because a listing belongs to the offering beside it and to the provider beside it or in
the nearest folder above: `specs/<provider>/<service>/{provider,offering,listing}.*` and
`data/<provider>/services/<service>/{offering,listing*}.*` with `data/<provider>/provider.*`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.catalog.files.attachments import Attachments, DocumentFile
from marketplace.catalog.files.problems import JsonObject, Problem
from marketplace.catalog.files.syntax import Unreadable, read_data_file

MAX_FILES = 100_000
MAX_FOLDER_DEPTH = 24
_SUFFIXES = (".json", ".toml")
_KINDS = ("provider", "offering", "listing", "seller", "service_group", "promotion")
_SCHEMA = re.compile(
    rb"""["']?schema["']?\s*[:=]\s*["'](provider|offering|listing|seller|service_group|promotion)_v1["']"""
)
_SCHEMA_WITHIN_BYTES = 262_144
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "templates", "platform-services"})


@dataclass(frozen=True, slots=True)
class ServiceBundle:
    """The files of one service.

    folder: relative to the root. files: part (`provider_data`, ...) to file, relative to the root.
    provider, offering, listing: as written, overrides merged, with documents named as uploaded blobs.
    blobs: object key to file. problems: documents that could not be read.
    """

    folder: Path
    files: dict[str, Path]
    provider: JsonObject
    offering: JsonObject
    listing: JsonObject
    blobs: dict[str, DocumentFile]
    problems: tuple[Problem, ...] = ()

    @property
    def contents(self) -> dict[str, bytes]:
        """Return object key to bytes, as `validate_service` takes them."""
        return {key: blob.content for key, blob in self.blobs.items()}


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """A group, a promotion or a seller's profile as written. file: relative to the root."""

    file: Path
    content: JsonObject


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that a folder holds. problems: files that could not be read or placed; their part is the file's name."""

    root: Path
    seller: CatalogFile | None
    bundles: tuple[ServiceBundle, ...]
    groups: tuple[CatalogFile, ...]
    promotions: tuple[CatalogFile, ...]
    problems: tuple[Problem, ...]


def read_catalog(root: Path) -> Catalog:
    """Return what stands below a folder, in the order of its paths. Reads only; nothing outside of the folder."""
    return _Reader(root.resolve()).read()


@dataclass(slots=True)
class _Reader:
    root: Path
    problems: list[Problem] = field(default_factory=list)
    contents: dict[Path, JsonObject] = field(default_factory=dict)
    kinds: dict[str, list[Path]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})

    def read(self) -> Catalog:
        for path in self._data_files():
            kind = _kind_of(path, self.root)
            if kind is not None:
                self.kinds[kind].append(path)
        return Catalog(
            self.root,
            self._seller(),
            tuple(self._bundles()),
            tuple(self._files("service_group")),
            tuple(self._files("promotion")),
            tuple(self.problems),
        )

    # -- finding -------------------------------------------------------------------------------------------------------

    def _data_files(self) -> Iterator[Path]:
        seen = 0
        for folder, subfolders, names in os.walk(self.root, followlinks=False):
            here = Path(folder)
            deep = len(here.relative_to(self.root).parts) >= MAX_FOLDER_DEPTH
            wanted = [n for n in subfolders if not n.startswith(".") and n not in _SKIPPED_FOLDERS]
            subfolders[:] = [] if deep else sorted(wanted)
            for name in sorted(names):
                seen += 1
                if seen > MAX_FILES:
                    self._problem(here, f"more than {MAX_FILES} files; import a smaller folder")
                    return
                path = here / name
                if path.suffix in _SUFFIXES and not is_aside(name) and self._is_inside(path):
                    yield path

    def _is_inside(self, path: Path) -> bool:
        if not path.is_symlink():
            return True
        target = path.resolve()
        if target.is_file() and target.is_relative_to(self.root):
            return True
        self._problem(path, "leads out of the catalogue; put the file itself here")
        return False

    # -- reading -------------------------------------------------------------------------------------------------------

    def _content(self, path: Path) -> JsonObject | None:
        """Return a file's content with its overrides; None, once told, when it cannot be read."""
        if path not in self.contents:
            try:
                content = read_data_file(path)
                for override in self._overrides(path):
                    content = merged(content, read_data_file(override))
                self.contents[path] = content
            except Unreadable as error:
                self._problem(path, error.message)
                self.contents[path] = {}
        return self.contents[path] or None

    def _overrides(self, path: Path) -> list[Path]:
        candidates = (path.with_name(f"{path.stem}.override{suffix}") for suffix in _SUFFIXES)
        return [c for c in candidates if c.is_file() and self._is_inside(c)]

    def _files(self, kind: str) -> Iterator[CatalogFile]:
        for path in self.kinds[kind]:
            content = self._content(path)
            if content is not None:
                yield CatalogFile(path.relative_to(self.root), content)

    def _seller(self) -> CatalogFile | None:
        paths = self.kinds["seller"]
        if len(paths) > 1:
            names = " and ".join(str(path.relative_to(self.root)) for path in paths)
            self._problem(paths[0], f"a catalogue has one seller file, but there are {names}; keep one")
            return None
        return next(self._files("seller"), None)

    # -- bundles -------------------------------------------------------------------------------------------------------

    def _bundles(self) -> Iterator[ServiceBundle]:
        offerings, providers = self._by_folder("offering"), self._by_folder("provider")
        listings = self._by_folder("listing")
        for folder in sorted(offerings.keys() - listings.keys()):
            self._problem(offerings[folder][0], "no listing file beside it; add listing.json or listing.toml")
        for folder in sorted(listings):
            yield from self._service(folder, listings[folder], offerings, providers)

    def _by_folder(self, kind: str) -> dict[Path, list[Path]]:
        folders: dict[Path, list[Path]] = {}
        for path in self.kinds[kind]:
            folders.setdefault(path.parent, []).append(path)
        return folders

    def _service(
        self, folder: Path, listings: list[Path], offerings: dict[Path, list[Path]], providers: dict[Path, list[Path]]
    ) -> Iterator[ServiceBundle]:
        offering = self._only(folder, offerings.get(folder, []), listings[0], "offering")
        above = next((f for f in (folder, *folder.parents) if f in providers and f.is_relative_to(self.root)), folder)
        provider = self._only(above, providers.get(above, []), listings[0], "provider")
        if offering is None or provider is None:
            return
        stems = [listing.stem for listing in listings]
        for listing in listings:
            if stems.count(listing.stem) > 1:
                self._problem(listing, "there is a second file of this name; keep the .json or the .toml")
            elif (bundle := self._bundle(provider, offering, listing)) is not None:
                yield bundle

    def _only(self, folder: Path, paths: list[Path], asking: Path, kind: str) -> Path | None:
        if len(paths) == 1:
            return paths[0]
        if not paths:
            self._problem(asking, f"no {kind} file beside it{' or above' if kind == 'provider' else ''}")
        else:
            names = " and ".join(path.name for path in paths)
            where = folder.relative_to(self.root)
            problem = Problem(str(where), (), f"one {kind} file, but there are {names}; keep one", type="file")
            self.problems += [] if problem in self.problems else [problem]
        return None

    def _bundle(self, provider: Path, offering: Path, listing: Path) -> ServiceBundle | None:
        paths = {"provider_data": provider, "offering_data": offering, "listing_data": listing}
        contents = {part: self._content(path) for part, path in paths.items()}
        attachments = Attachments(self.root)
        parts = {
            part: attachments.attach(content, part, paths[part].parent)
            for part, content in contents.items()
            if content is not None
        }
        if len(parts) < len(paths):
            return None
        if "name" not in parts["listing_data"] and listing.stem != "listing":
            parts["listing_data"]["name"] = listing.stem
        return ServiceBundle(
            listing.parent.relative_to(self.root),
            {part: path.relative_to(self.root) for part, path in paths.items()},
            parts["provider_data"],
            parts["offering_data"],
            parts["listing_data"],
            attachments.blobs,
            tuple(attachments.found.problems),
        )

    def _problem(self, path: Path, message: str) -> None:
        where = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        self.problems.append(Problem(str(where), (), message, type="file"))


def is_aside(name: str) -> bool:
    """Return whether a file says nothing of its own: an override, or what the sellers' tools note after an upload."""
    return name.startswith(".") or ".override." in name or name == "service.json" or name.endswith(".service.json")


def _kind_of(path: Path, root: Path) -> str | None:
    """Return what a file is: by its name, by its folder, or by the schema that an older file names."""
    stem = path.stem
    if stem in _KINDS:
        return stem
    if stem.startswith(("listing-", "listing_")):
        return "listing"
    for kind in ("service_group", "promotion"):
        if stem.startswith((f"{kind}-", f"{kind}_")):
            return kind
    folders = path.relative_to(root).parts[:-1]
    if folders and folders[-1] in {"groups", "service_groups"}:
        return "service_group"
    if folders and folders[-1] == "promotions":
        return "promotion"
    try:
        with path.open("rb") as file:
            named = _SCHEMA.search(file.read(_SCHEMA_WITHIN_BYTES))
    except OSError:
        return None
    return named[1].decode() if named else None


def merged(base: JsonObject, override: JsonObject) -> JsonObject:
    """Return the base with the override's values; objects are merged, everything else is replaced."""
    result = dict(base)
    for key, value in override.items():
        held = result.get(key)
        result[key] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return result
