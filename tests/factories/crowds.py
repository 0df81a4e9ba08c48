"""Many rows like one, written by PostgreSQL itself: what a list does with thousands of rows is cheap to find out."""

from __future__ import annotations

from copy import copy
from typing import Any
from uuid import uuid4

from django.db import connection, models, transaction
from django.db.models.base import ModelState

from marketplace.catalog.models import Service


def multiply_service(service: Service, numbers: range) -> None:
    """Write a service with its offering and listing once more for each number, under names of their own."""
    offerings = [_copy(service.offering, n) for n in numbers]
    listings = [_copy(service.listing, n, offering=each) for n, each in zip(numbers, offerings, strict=True)]
    parts = zip(numbers, zip(offerings, listings, strict=True), strict=True)
    services = [_copy(service, n, offering=offering, listing=listing) for n, (offering, listing) in parts]
    for rows in (offerings, listings, services):
        type(rows[0]).objects.bulk_create(rows)


def multiply_service_by_name(stem: str, service: Service, numbers: range) -> None:
    """The same in three statements: nothing else is written of them. Their ids follow from `stem` and the number."""
    ids = {each: f"md5('{stem}-{each}' || n)::uuid" for each in ("offering", "listing", "service")}
    name = f"'{stem}-' || n"
    multiply(service.offering, numbers, id=ids["offering"], name=name)
    multiply(service.listing, numbers, id=ids["listing"], name=name, offering=ids["offering"])
    parts = {"offering": ids["offering"], "listing": ids["listing"]}
    multiply(service, numbers, id=ids["service"], name=name, **parts)


def _copy(row: models.Model, number: int, **other: models.Model) -> Any:
    made = copy(row)
    made.pk, made._state = uuid4(), ModelState()
    for name, value in {**other, "name": f"{row.name}-{number}"}.items():
        setattr(made, name, value)
    return made


@transaction.atomic
def multiply(row: models.Model, numbers: range, **other: str) -> None:
    """Write a row once more for each number, so many seconds older and with unique columns of its own. Triggers sleep.

    other: columns that are to be different, as SQL.
    """
    table, varied = row._meta.db_table, _varied(type(row))
    columns = [field for field in row._meta.concrete_fields if field.column and not field.generated]
    columns = [field for field in columns if not isinstance(field, models.AutoField)]
    keys = row._meta.pk_fields
    same = " AND ".join(f't."{key.column}" = %s' for key in keys)
    names = ", ".join(f'"{each.column}"' for each in columns)
    values = ", ".join(other.get(each.name) or _value(each, is_varied=each.name in varied) for each in columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" t, generate_series(%s, %s) n WHERE {same}',
            [numbers.start, numbers.stop - 1, *(getattr(row, key.attname) for key in keys)],
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _varied(model: type[models.Model]) -> set[str]:
    """Return the fields that make a row another one: of each rule of uniqueness the last that can be varied."""
    rules = [[field.name] for field in model._meta.concrete_fields if field.unique]
    rules.append([field.name for field in model._meta.pk_fields])
    rules += [list(rule.fields) for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    found = set()
    for rule in rules:
        plain = [name for name in rule if not isinstance(model._meta.get_field(name), _NO_OTHERS)]
        found |= set(plain[-1:] or (rule if len(rule) == 1 else []))
    return found


#: Fields that have no other value to take, or whose other value leads elsewhere.
_DIGITS = 6  # and a hyphen: of up to 99 999 rows
_NO_OTHERS = (models.ForeignKey, models.BooleanField)


def _value(field: models.Field, *, is_varied: bool) -> str:
    column = f't."{field.column}"'
    if field.name in {"created_at", "started_at"}:
        return f"{column} - n * interval '1 second'"
    if not is_varied:
        return column
    if field.is_relation:  # to nobody: a list joins what may be missing from the left
        return f"CASE WHEN {column} IS NOT NULL THEN gen_random_uuid() END"
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()"
    if isinstance(field, models.IntegerField):
        return f"{column} + n"
    if isinstance(field, models.DateTimeField):
        return f"{column} - n * interval '1 second'"
    if isinstance(field, models.DateField):
        return f"({column} - n * interval '1 month')::date"
    return f"left({column}, {min(20, (field.max_length or 200) - _DIGITS)}) || '-' || n"
