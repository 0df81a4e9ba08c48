"""`manage.py import_catalog DIR`: bring a seller's folder into the catalogue."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from common.errors import DomainError
from marketplace.catalog.files.reading import Catalog, read_catalog
from marketplace.catalog.services import importing
from marketplace.catalog.services.importing import Imported, Options

_OUTCOMES = ("created", "updated", "revision_created", "unchanged", "failed")


class Command(BaseCommand):
    help = "Import a folder of seller files: services, groups and promotions. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder that holds data/ or specs/, or one of these.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and write nothing.")
        parser.add_argument("--seller", default="", help="The selling team; made when missing.")
        parser.add_argument("--submit", action="store_true", help="Submit every imported service for review.")
        parser.add_argument("--approve", action="store_true", help="Submit and approve every imported service.")

    def handle(self, *_: Any, folder: Path, seller: str, **chosen: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        options = Options(submit=chosen["submit"], approve=chosen["approve"], dry_run=chosen["dry_run"])
        console = Console(file=cast(IO[str], self.stdout), soft_wrap=True)
        catalog = read_catalog(folder)
        with transaction.atomic() if options.dry_run else nullcontext():
            try:
                team = importing.seller(catalog=catalog, name=seller or _name_of(catalog, folder))
            except DomainError as error:
                raise CommandError(error.message) from error
            console.print(f"Seller {team.name}, {importing.count(catalog)} files and services in {folder}")
            steps = importing.run(catalog=catalog, seller=team, options=options, by=None, now=timezone.now())
            results = list(_shown(steps, importing.count(catalog), console))
            if options.dry_run:
                transaction.set_rollback(True)
        _summarise(results, options, console)
        if any(result.is_failed for result in results):
            raise CommandError("Some files were not imported. Mend the problems above and run it again.")


def _name_of(catalog: Catalog, folder: Path) -> str:
    """Return the seller's name: from the seller file, else the folder that the catalogue stands in."""
    if catalog.seller is not None and catalog.seller.content.get("name"):
        return str(catalog.seller.content["name"])
    place = folder.resolve()
    return place.parent.name if place.name in {"data", "specs"} else place.name


def _shown(steps: Iterator[Imported], total: int, console: Console) -> Iterator[Imported]:
    """Pass on the results while a bar moves; without a terminal, while lines appear."""
    if not console.is_terminal:
        for result in steps:
            console.print(f"{result.kind} {result.name}: {result.outcome} {result.status}".rstrip())
            yield result
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Importing", total=total)
        for result in steps:
            progress.update(bar, advance=1, description=f"{result.kind} {result.name}")
            yield result


def _summarise(results: list[Imported], options: Options, console: Console) -> None:
    for result in results:
        for problem in result.problems:
            console.print(f"✗ {result.kind} {result.name}: {problem}", markup=False, highlight=False)
    for warning, number in _warnings(results).items():
        times = f" ({number} services)" if number > 1 else ""
        console.print(f"! {warning}{times}", markup=False, highlight=False)
    table = Table("", *_OUTCOMES, title="Would be" if options.dry_run else None)
    for kind in dict.fromkeys(result.kind for result in results):
        counted = Counter("failed" if r.is_failed else r.outcome for r in results if r.kind == kind)
        table.add_row(kind, *(str(counted[outcome]) for outcome in _OUTCOMES))
    console.print(table)


def _warnings(results: list[Imported]) -> Counter[str]:
    return Counter(warning for result in results for warning in result.warnings)
