"""What holds everywhere. Only this package reads the environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from config import defaults, env, storage

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def database(address: str) -> dict[str, object]:
    """Return Django's settings for postgresql://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # under ASGI each request has a thread of its own: a connection that outlives it would never be used again
        "CONN_MAX_AGE": 0,
    }


SECRET_KEY = env.text("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# default: shared by all processes, for limits of log-ins. process: what only saves work. See common/caches.py.
CACHES = {
    "default": {"BACKEND": "common.caches.SharedCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "site"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# Where the parts answer. One origin by default; in production each may have a host of its own.
SITE_URL = env.url("SITE_URL", "http://127.0.0.1:8000")
API_GATEWAY_BASE_URL = env.url("API_GATEWAY_BASE_URL", SITE_URL)
# where processes of ours reach the gateway, when that is not the way from outside
GATEWAY_INTERNAL_URL = env.url("GATEWAY_INTERNAL_URL", API_GATEWAY_BASE_URL)
S3_GATEWAY_BASE_URL = env.url("S3_GATEWAY_BASE_URL", SITE_URL)
SMTP_GATEWAY_BASE_URL = env.url("SMTP_GATEWAY_BASE_URL", "smtp://127.0.0.1:2525")
SSH_GATEWAY_BASE_URL = env.url("SSH_GATEWAY_BASE_URL", "ssh://127.0.0.1:2222")

# The pepper of API keys and the public key of secrets are shared; the private key is the gateway's alone.
API_KEY_PEPPER = env.text("API_KEY_PEPPER")
SECRETS_PUBLIC_KEY = env.text("SECRETS_PUBLIC_KEY")

# Hosts that a customer's secret may go to without asking, as NAME=host pairs.
KNOWN_SECRET_HOSTS = env.words("KNOWN_SECRET_HOSTS", defaults.KNOWN_SECRET_HOSTS)

# A customer secret that a service needs must exist in the seller's account too, so that the platform can test it.
REQUIRE_TEST_SECRETS = env.flag("REQUIRE_TEST_SECRETS", False)

# Submitted services are tested before the review; active ones again, after so many hours (0: never), for so much a day.
ACTIVATION_TESTS = env.flag("ACTIVATION_TESTS", True)
TEST_INTERVAL_HOURS = env.integer("TEST_INTERVAL_HOURS", 24)
TEST_DAILY_CAP = env.amount("TEST_DAILY_CAP", "5")
TEST_RUN_CAP = env.amount("TEST_RUN_CAP", "1")
TEST_RUNS_PER_HOUR = env.integer("TEST_RUNS_PER_HOUR", 60)
TEST_CUSTOMER_TEAM = env.text("TEST_CUSTOMER_TEAM", "platform-tests")

# Who runs sellers' scripts on the machine of the worker: none, or bubblewrap.
TEST_RUNNER = env.text("TEST_RUNNER", "none")
TEST_RUNNER_PROGRAM = env.text("TEST_RUNNER_PROGRAM", "bwrap")
TEST_RUNNER_PACKAGES = env.text("TEST_RUNNER_PACKAGES", "")
TEST_RUNNER_UID = env.integer("TEST_RUNNER_UID", 64321)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "common",
    "common.idempotency",
    "accounts.users",
    "accounts.identities",
    "accounts.teams",
    "accounts.files",
    "billing.ledger",
    "billing.prices",
    "billing.wallets",
    "billing.promotions",
    "billing.rating",
    "billing.payments",
    "billing.subscriptions",
    "billing.statements",
    "billing.payouts",
    "marketplace.catalog",
    "marketplace.enrollments",
    "marketplace.disputes",
    "marketplace.conversations",
    "marketplace.testing",
    "marketplace.service_templates",
    "gateway_admin.api_keys",
    "gateway_admin.secrets",
    "gateway_admin.aliases",
    "gateway_admin.collections",
    "gateway_admin.chains",
    "gateway_admin.broadcasts",
    "gateway_admin.schedules",
    "gateway_admin.request_logs",
    "gateway_admin.publishing",
    "gateway_admin.preferences",
]

MIDDLEWARE = [
    "common.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "common.middleware.static_files",
    "common.apis.middleware.ApiAnswers",
    "config.status.middleware.StatusWithoutDatabase",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.teams.middleware.CurrentTeam",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.OtherSlash",
    "common.middleware.DomainErrors",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
# No API of ours answers a missing slash with a redirect: the published clients do not follow any.
APPEND_SLASH = False

_LOADERS = ["common.loaders.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "accounts.identities.context.identity_provider",
                "common.context.site",
            ],
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", _LOADERS)])],
            "builtins": ["common.templatetags.ui", "django.contrib.humanize.templatetags.humanize"],
        },
    }
]

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.users.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.text("ACCOUNT_EMAIL_VERIFICATION", "mandatory")
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
SOCIALACCOUNT_ADAPTER = "accounts.identities.adapter.IdentityAccountAdapter"
# an identity is issuer and subject; an e-mail address that a provider names opens no account by itself
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_QUERY_EMAIL = True
OIDC_PROVIDER_ID = "login"
OIDC_ISSUER = env.url("OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
#: {what Keycloak calls it: what people call it}
OIDC_BROKERS = dict(pair.split("=", 1) for pair in env.words("OIDC_BROKERS"))
SOCIALACCOUNT_PROVIDERS = {
    "oidc": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": OIDC_PROVIDER_ID,
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": env.text("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 20  # seconds that a mail server may be silent: without it, one could hold a worker for ever
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "no-reply@localhost")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", "") or None

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data")))
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "staticfiles")))
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
    # what nobody may read without a signed address: docs/storage.md
    "objects": storage.objects(DATA_DIR / "objects"),
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# makes it the current application of every process with these settings, so that jobs go to our broker
from config.celery import app as celery_app  # noqa: E402, F401

# Cards. Without a key there are none. api_base: something that pretends to be Stripe, for tests and `make run`.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRETS")
STRIPE_ACCOUNT = env.text("STRIPE_ACCOUNT", "")
STRIPE_API_BASE = env.url("STRIPE_API_BASE", "")
STRIPE_TIMEOUT_SECONDS = env.integer("STRIPE_TIMEOUT_SECONDS", 20)
STRIPE_RETRIES = env.integer("STRIPE_RETRIES", 2)

# The least and the most that a card is charged at once, in units of the wallet's currency.
TOP_UP_MINIMUM = env.integer("TOP_UP_MINIMUM", 5)
TOP_UP_MAXIMUM = env.integer("TOP_UP_MAXIMUM", 5000)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

from csp.constants import NONCE, NONE, SELF  # noqa: E402  constants only; after the values they describe

# A form of ours that ends on a page of Stripe is a form that goes there: browsers follow no redirect to anywhere else.
STRIPE_PAGES = [STRIPE_API_BASE] if STRIPE_API_BASE else ["https://*.stripe.com"]

# So does a form that ends on the login page of the identity provider.
IDENTITY_PAGES = (
    [OIDC_ISSUER[: OIDC_ISSUER.index("/", 8)] if "/" in OIDC_ISSUER[8:] else OIDC_ISSUER] if OIDC_ISSUER else []
)

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "https:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *STRIPE_PAGES, *IDENTITY_PAGES],
        "frame-ancestors": [NONE],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        # they tell every step of every page
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "factur-x": {"level": "WARNING"},
    },
}

UNFOLD = {
    "SITE_TITLE": "Operators",
    "SITE_HEADER": "Marketplace operators",
    "SHOW_HISTORY": True,
    "STYLES": ["common.admin.styles"],
}
SITE_NAME = env.text("SITE_NAME", "Onekey")

# Who issues the statements, as they print it. Lines of the address are parted by semicolons.
PLATFORM_NAME = env.text("PLATFORM_NAME", SITE_NAME)
PLATFORM_ADDRESS = env.text("PLATFORM_ADDRESS", "1 Example Street; 12345 Example City")
PLATFORM_COUNTRY = env.text("PLATFORM_COUNTRY", "US")
PLATFORM_TAX_ID = env.text("PLATFORM_TAX_ID", "")
PLATFORM_TAX_NOTE = env.text("PLATFORM_TAX_NOTE", "No tax is added to these amounts.")

# How long after the end of a month its statements are frozen, so that usage that comes late is still on them.
STATEMENT_GRACE_HOURS = env.integer("STATEMENT_GRACE_HOURS", 6)

# How long a subscription goes on whose fee cannot be paid, and how long customers are told before a price rises.
SUBSCRIPTION_GRACE_DAYS = env.integer("SUBSCRIPTION_GRACE_DAYS", 3)
PRICE_NOTICE_DAYS = env.integer("PRICE_NOTICE_DAYS", 30)

# How long a seller may dispute an invoice, how long its earnings are then held back, and the smallest payout.
INVOICE_DISPUTE_DAYS = env.integer("INVOICE_DISPUTE_DAYS", 14)
PAYOUT_WINDOW_DAYS = env.integer("PAYOUT_WINDOW_DAYS", 60)
PAYOUT_MINIMUM = env.integer("PAYOUT_MINIMUM", 10)

# How long request logs are kept, in days: rows, and the bodies that were asked for. Plans may give more: Pro=90.
REQUEST_LOG_DAYS = env.integer("REQUEST_LOG_DAYS", 30, least=1)
REQUEST_LOG_BODY_DAYS = env.integer("REQUEST_LOG_BODY_DAYS", 7, least=1)
REQUEST_LOG_DAYS_BY_PLAN = env.numbers("REQUEST_LOG_DAYS_BY_PLAN")

# How long after a call a customer may dispute its charge.
DISPUTE_WINDOW_DAYS = env.integer("DISPUTE_WINDOW_DAYS", 60)

# Messages of an account: in an hour; new conversations in a day; one attachment, and all of a day.
MESSAGES_PER_HOUR = env.integer("MESSAGES_PER_HOUR", 60)
CONVERSATIONS_PER_DAY = env.integer("CONVERSATIONS_PER_DAY", 20)
ATTACHMENT_LIMIT_BYTES = env.integer("ATTACHMENT_LIMIT_BYTES", 10 * 1024 * 1024)
ATTACHMENTS_PER_DAY_BYTES = env.integer("ATTACHMENTS_PER_DAY_BYTES", 100 * 1024 * 1024)

# A customer's files: the largest, what all of an account may take together, and how many there may be.
ACCOUNT_FILE_LIMIT_BYTES = env.integer("ACCOUNT_FILE_LIMIT_BYTES", 100 * 1024 * 1024)
ACCOUNT_FILES_LIMIT_BYTES = env.integer("ACCOUNT_FILES_LIMIT_BYTES", 1024 * 1024 * 1024)
ACCOUNT_FILES_LIMIT = env.integer("ACCOUNT_FILES_LIMIT", 10_000)

# Requests to the APIs in a minute: of one API key; of one address without a key, or with wrong ones. 0: any number.
API_REQUESTS_PER_KEY = env.integer("API_REQUESTS_PER_KEY", 1200)
API_REQUESTS_PER_ADDRESS = env.integer("API_REQUESTS_PER_ADDRESS", 120)
