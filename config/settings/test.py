"""The suite: embedded engines, unless the environment names others. A type checker that loads this starts none."""

from __future__ import annotations

import os
import sys
from tempfile import TemporaryDirectory

from config.embedded import for_tests

if "mypy" not in sys.modules:
    for_tests.provide()

for name, value in {
    "SECRET_KEY": "test-only-" + "0" * 50,
    "DATABASE_URL": "postgresql:///marketplace",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "API_KEY_PEPPER": "test-pepper",
    "SECRETS_PUBLIC_KEY": "",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "ACCOUNT_EMAIL_VERIFICATION": "optional",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
}.items():
    os.environ.setdefault(name, value)

from config.settings.base import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_OBJECTS = TemporaryDirectory(prefix="objects-")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "objects": {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": _OBJECTS.name}},
}
SERVESTATIC_AUTOREFRESH = True
# failed log-ins of one test limit no other, nor the next run; tests/common/test_caches.py asks the shared one
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"}  # noqa: F405
# the suite asks from one address; the tests of the limits set their own
API_REQUESTS_PER_KEY = API_REQUESTS_PER_ADDRESS = 0
# no test charges a card of the environment: the fixture `stripe` names the fake
STRIPE_SECRET_KEY = ""
CELERY_TASK_ALWAYS_EAGER = True
# most tests have no gateway to test a service at
ACTIVATION_TESTS = False
CELERY_TASK_EAGER_PROPAGATES = True
if suffix := os.environ.get("TEST_DB_SUFFIX"):
    DATABASES["default"]["TEST"] = {"NAME": f"test_marketplace_{suffix}"}  # noqa: F405
