"""Files that a seller chose at a page: read as a folder, told apart file by file, stored all together or not at all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import Invalid
from marketplace.catalog.files.attachments import MAX_DOCUMENT_BYTES, MAX_SERVICE_BYTES
from marketplace.catalog.files.reading import (
    MAX_FOLDER_DEPTH,
    Catalog,
    CatalogFile,
    ServiceBundle,
    is_aside,
    read_catalog,
)
from marketplace.catalog.services import importing
from marketplace.catalog.services.importing import Imported, Options

MAX_FILES = 100
_PART = re.compile(r"(provider_data|offering_data|listing_data)\b[.:]?\s*")
_DATA = (".json", ".toml")
_NOT_KNOWN = (
    "It is no part of a service. Call it provider, offering or listing (.json or .toml), promotion or service_group, "
    'or say "schema": "listing_v1" in it.'
)
_NOT_USED = "No file refers to it as a document."


@dataclass(frozen=True, slots=True)
class NamedFile:
    """path: relative to the folder that was chosen, or only a name."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileResult:
    """What is said of one file. problems: why nothing is stored; warnings: accepted, with a word to the seller."""

    path: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """What became of files. made: services, groups and promotions; of files with problems, what would have been."""

    files: tuple[FileResult, ...]
    made: tuple[Imported, ...]

    @property
    def is_stored(self) -> bool:
        return not any(each.problems for each in self.files)


def receive(*, seller: Team, files: Sequence[NamedFile], by: User | None, now: datetime) -> Received:
    """Store the services, groups and promotions of files; when one of them has a problem, none. Raises: Invalid.

    What refers to secrets that do not exist yet is stored with a warning, as a draft.
    """
    paths = _checked(files)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for path, file in zip(paths, files, strict=True):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
        catalog = read_catalog(root)
        if catalog.seller is not None:
            raise Invalid([f"{catalog.seller.file}: a seller’s profile is changed with the operators. Leave it out."])
        tried = _run(catalog, seller, by, now, dry_run=True)
        told = _told(paths, catalog, tried)
        if any(each.problems for each in told):
            return Received(told, tried)
        with transaction.atomic():
            made = _run(catalog, seller, by, now, dry_run=False)
            if refused := any(each.is_failed for each in made):
                transaction.set_rollback(True)
        return Received(_told(paths, catalog, made) if refused else told, made)


def _checked(files: Sequence[NamedFile]) -> list[str]:
    """Return where files stand in their folder. Raises: Invalid."""
    if not files:
        raise Invalid(["Choose at least one file."])
    if len(files) > MAX_FILES:
        raise Invalid([f"At most {MAX_FILES} files at a time. Upload the services one after the other."])
    paths = [_path(file.path) for file in files]
    problems = [f"{path}: it is there twice. Keep one." for path in sorted({p for p in paths if paths.count(p) > 1})]
    large = [path for path, file in zip(paths, files, strict=True) if len(file.content) > MAX_DOCUMENT_BYTES]
    problems += [f"{path}: larger than {MAX_DOCUMENT_BYTES // 1_048_576} MiB." for path in large]
    if sum(len(file.content) for file in files) > MAX_SERVICE_BYTES:
        problems.append(f"All files together are larger than {MAX_SERVICE_BYTES // 1_048_576} MiB.")
    if problems:
        raise Invalid(problems)
    return paths


def _path(written: str) -> str:
    """Return a path that stays in its folder. Raises: Invalid."""
    path = PurePosixPath(written.replace("\\", "/"))
    is_odd = path.is_absolute() or ".." in path.parts or not path.name or "\x00" in written
    if is_odd or len(path.parts) > MAX_FOLDER_DEPTH or any(len(part.encode()) > 200 for part in path.parts):
        raise Invalid([f"{written[:80]!r} is no name of a file in a folder."])
    return str(path)


def _run(catalog: Catalog, seller: Team, by: User | None, now: datetime, *, dry_run: bool) -> tuple[Imported, ...]:
    options = Options(dry_run=dry_run)
    steps = importing.run(catalog=catalog, seller=seller, options=options, by=by, now=now)
    if not dry_run:
        return tuple(steps)
    with transaction.atomic():  # groups and promotions know no dry run
        found = tuple(steps)
        transaction.set_rollback(True)
    return found


def _told(paths: Iterable[str], catalog: Catalog, steps: Sequence[Imported]) -> tuple[FileResult, ...]:
    """Return what each file is told."""
    problems: defaultdict[str, list[str]] = defaultdict(list)
    warnings: defaultdict[str, list[str]] = defaultdict(list)
    first = len(catalog.problems)
    for problem in catalog.problems:
        problems[problem.part].append(problem.sentence)
    for bundle, step in zip(catalog.bundles, steps[first : first + len(catalog.bundles)], strict=True):
        for found, sentences in ((problems, step.problems), (warnings, step.warnings)):
            for path, sentence in _placed(bundle, sentences):
                found[path].append(sentence)
    named = {str(each.content.get("name") or each.file): str(each.file) for each in _alone(catalog)}
    for step in steps[first + len(catalog.bundles) :]:
        problems[named.get(step.name, step.name)] += step.problems
        warnings[named.get(step.name, step.name)] += step.warnings
    for path in paths:
        if path not in problems and (why := _why_unused(path, catalog)):
            (warnings if steps else problems)[path].append(why)
    listed = {*paths, *problems}
    return tuple(
        FileResult(path, tuple(dict.fromkeys(problems[path])), tuple(dict.fromkeys(warnings[path])))
        for path in sorted(listed)
    )


def _placed(bundle: ServiceBundle, sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (file, sentence): a sentence that begins with a part of the service is about the file of that part."""
    for sentence in sentences:
        part = _PART.match(sentence)
        file = bundle.files[part[1] if part else "listing_data"]
        yield str(file), sentence[part.end() :] if part else sentence


def _why_unused(path: str, catalog: Catalog) -> str:
    """Return why nothing became of a file; "" when something did, or may have when the others are mended."""
    name = PurePosixPath(path).name
    known = {str(file) for bundle in catalog.bundles for file in bundle.files.values()}
    known |= {str(each.file) for each in _alone(catalog)}
    documents = {blob.filename for bundle in catalog.bundles for blob in bundle.blobs.values()}
    if path in known or name in documents or is_aside(name) or catalog.problems:
        return ""
    return _NOT_KNOWN if path.endswith(_DATA) else _NOT_USED


def _alone(catalog: Catalog) -> tuple[CatalogFile, ...]:
    return (*catalog.groups, *catalog.promotions)
