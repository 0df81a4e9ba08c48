"""The platform's own jobs, a line and a reason each. Times are UTC; intervals in seconds."""

from __future__ import annotations

SCHEDULE = {
    # the broker may lose what it holds; uploads wait in the database as well
    "sweep uploads": {"task": "marketplace.catalog.sweep_uploads", "schedule": 60.0},
}
