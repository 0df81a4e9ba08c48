"""SQL that stands as a file beside its migration."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations


def run_file(migration_file: str, name: str, *, undo: str) -> migrations.RunSQL:
    """Return the operation that runs `name` from the folder of the migration. undo: SQL that takes it back."""
    return migrations.RunSQL((Path(migration_file).parent / name).read_text(), reverse_sql=undo)
