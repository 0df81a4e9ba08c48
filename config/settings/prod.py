"""Production: every value from the environment, everything over TLS."""

from __future__ import annotations

from config import env
from config.settings.base import *  # noqa: F403

if STRIPE_API_BASE:  # noqa: F405
    raise env.SettingError("STRIPE_API_BASE names something that pretends to take money: unset it in production.")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
