"""The sidebar: what a customer and a seller find where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the sidebar. path: its address; pages under it, and under `others`, count as being there."""

    label: str
    path: str
    icon: str
    others: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Return whether the page at `path` belongs to this place."""
        return any(path == each or (each != "/" and path.startswith(f"{each}/")) for each in (self.path, *self.others))


@dataclass(frozen=True, slots=True)
class Section:
    """Places under one heading; the first section has none."""

    label: str
    places: tuple[Place, ...]


_KEYS = Place("API Keys", "/keys", "key-round")
_LOGS = Place("Request Logs", "/request-logs", "activity")
_PLAYGROUND = Place("Playground", "/playground", "terminal")
_SECRETS = Place("Secrets", "/secrets", "lock")
_ALIASES = Place("Aliases", "/aliases", "route")
_FILES = Place("Files", "/files", "folder")
_SCHEDULES = Place("Scheduled Requests", "/schedules", "repeat")
MESSAGES = Place("Messages", "/messages", "message-square-text", others=("/disputes",))
_HELP = Place("Get help", "/help", "circle-help")
_STATUS = Place("Status", "/status", "gauge")
_DOCS = Place("Documentation", "/docs", "info")
_TOP = (Place("Home", "/", "house"), Place("Market", "/market", "store"))

CUSTOMER = (
    Section("", _TOP),
    Section("Services", (Place("Enrollments", "/enrollments", "layers"),)),
    Section(
        "Billing",
        (
            Place("Wallet", "/wallet", "wallet"),
            Place("Usage", "/usage", "chart-column"),
            Place("Subscriptions", "/subscriptions", "repeat"),
            Place("Promotions", "/promotions", "tag"),
            Place("Statements", "/statements", "file-text"),
        ),
    ),
    Section(
        "Routing",
        (
            _ALIASES,
            Place("Collections", "/collections", "box"),
            Place("Chains", "/chains", "waypoints"),
            Place("Broadcasts", "/broadcasts", "radio"),
            Place("Test a path", "/resolve", "search"),
        ),
    ),
    Section("Developer", (_KEYS, _PLAYGROUND, _SECRETS, _SCHEDULES, _LOGS, _FILES)),
    Section("Support", (MESSAGES, _HELP, _DOCS, _STATUS)),
    Section("Settings", (Place("Account", "/teams", "users"),)),
)
SELLER = (
    Section("", _TOP),
    Section(
        "Services",
        (
            Place("My services", "/seller/services", "package"),
            Place("Groups", "/seller/groups", "box"),
            Place("Promotions", "/seller/promotions", "tag"),
            Place("Templates", "/seller/templates", "sparkles"),
            _ALIASES,
        ),
    ),
    Section(
        "Money",
        (
            Place("Usage", "/seller/usage", "audio-lines"),
            Place("Earnings", "/seller/earnings", "chart-column"),
            Place("Invoices", "/seller/invoices", "receipt"),
            Place("Payouts", "/seller/payouts", "send"),
        ),
    ),
    Section("Developer", (_SECRETS, _KEYS, _FILES, Place("Failures", "/request-logs", "activity"))),
    Section("Support", (MESSAGES, _HELP, _DOCS, _STATUS)),
    Section("Settings", (Place("Account", "/teams", "users"),)),
)


#: Where `g` and a letter lead, as (letter, address, words).
PUBLIC_JUMPS = (("h", "/", "the start page"), ("m", "/market", "the market"))
_MEMBERS_JUMPS = (*PUBLIC_JUMPS, ("k", "/keys", "API keys"))
_CUSTOMER_JUMPS = (
    ("l", "/request-logs", "request logs"),
    ("w", "/wallet", "the wallet"),
    ("u", "/usage", "usage"),
    ("e", "/enrollments", "enrollments"),
)
_SELLER_JUMPS = (
    ("s", "/seller/services", "my services"),
    ("u", "/seller/usage", "usage"),
    ("e", "/seller/earnings", "earnings"),
    ("l", "/request-logs", "failures"),
)


def jumps(*, is_seller: bool) -> tuple[tuple[str, str, str], ...]:
    """Return the places of a team that have a key."""
    return _MEMBERS_JUMPS + (_SELLER_JUMPS if is_seller else _CUSTOMER_JUMPS)


def sections(*, is_seller: bool) -> tuple[Section, ...]:
    """Return the sidebar of a team."""
    return SELLER if is_seller else CUSTOMER


def current(path: str, *, is_seller: bool) -> Place | None:
    """Return the place that the page at `path` belongs to."""
    places = (place for section in sections(is_seller=is_seller) for place in section.places)
    return next((place for place in places if place.holds(path)), None)
