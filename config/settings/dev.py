"""One machine, embedded engines: what `make run` uses. Values that matter come from `.data/` through the supervisor."""

from __future__ import annotations

import os

for name, value in {
    "SECRET_KEY": "development-only-" + "0" * 40,
    "DATABASE_URL": "postgresql:///marketplace",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "API_KEY_PEPPER": "development-only",
    "SECRETS_PUBLIC_KEY": "",
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "EMAIL_FILE_PATH": ".data/mail",
    "ACCOUNT_EMAIL_VERIFICATION": "optional",
}.items():
    os.environ.setdefault(name, value)

from config.settings.base import *  # noqa: E402, F403

DEBUG = os.environ.get("DEBUG", "0") == "1"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"}}  # noqa: F405
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
