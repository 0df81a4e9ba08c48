"""manage.py verify_ledger: proves the books."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from billing.rating import verification


class Command(BaseCommand):
    help = "Prove every wallet from entries, charges and leases, in one snapshot. Ends with 1 when a rule is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        violations = verification.verify()
        for violation in violations:
            self.stderr.write(self.style.ERROR(str(violation)))
        if violations:
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"{len(verification.all_rules()) + 1} rules hold."))
