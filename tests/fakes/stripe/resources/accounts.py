"""Connected accounts: sellers who are paid through transfers. Stripe asks them what it must know on its own page."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.errors import malformed
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import OWN_ACCOUNT, World

#: What a new account is asked for.
REQUIREMENTS = (
    "business_type",
    "external_account",
    "representative.first_name",
    "representative.last_name",
    "tos_acceptance.date",
)
_CURRENCIES = {"GB": "gbp", "JP": "jpy", "CH": "chf", "CA": "cad", "AU": "aud"}
_EURO = {"AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "NL", "PT"}
_COUNTRIES = {"US", *_CURRENCIES, *_EURO}


@endpoint("POST", "/v1/accounts")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only("country", "email", "metadata", "controller", "capabilities", "business_type", "type")
    country = (params.text("country") or "US").upper()
    if country not in _COUNTRIES:
        raise malformed(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code.", param="country"
        )
    account = world.tables.add(_account(world, params, country))
    world.announce("account.updated", account, account=account["id"])
    return account


def _account(world: World, params: Params, country: str) -> Object:
    currency = _CURRENCIES.get(country, "eur" if country in _EURO else "usd")
    return {
        "id": new_id("acct", 16),
        "object": "account",
        "business_profile": dict.fromkeys(("mcc", "name", "product_description", "support_email", "url")),
        "business_type": params.text("business_type"),
        "capabilities": dict.fromkeys(_requested(params), "inactive"),
        "charges_enabled": False,
        "controller": _controller(params),
        "country": country,
        "created": world.now(),
        "default_currency": currency,
        "details_submitted": False,
        "email": params.text("email"),
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": "/v1/accounts/external_accounts"},
        "future_requirements": requirements(()),
        "metadata": params.metadata(),
        "payouts_enabled": False,
        "requirements": requirements(REQUIREMENTS),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": _type(params),
    }


def _requested(params: Params) -> list[str]:
    capabilities = params.table("capabilities").only("transfers", "card_payments")
    return [name for name in capabilities.given if capabilities.table(name).only("requested").flag("requested")]


def _controller(params: Params) -> dict[str, Any]:
    given = params.table("controller").only("fees", "losses", "stripe_dashboard", "requirement_collection")
    if given.given and params.text("type"):
        raise malformed(
            "You may not provide the `type` parameter and `controller` parameters simultaneously.", param="type"
        )
    dashboard = given.table("stripe_dashboard").only("type").choice("type", ("express", "full", "none"), "full")
    payer = given.table("fees").only("payer").choice("payer", ("account", "application"), "account")
    losses = given.table("losses").only("payments").choice("payments", ("application", "stripe"), "stripe")
    if dashboard == "express" and losses != "application":
        raise malformed(
            "When `stripe_dashboard[type]=express`, the platform must be liable: `losses[payments]=application`.",
            param="controller[losses][payments]",
        )
    return {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": given.choice("requirement_collection", ("application", "stripe"), "stripe"),
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def _type(params: Params) -> str:
    dashboard = params.table("controller").table("stripe_dashboard").text("type")
    return params.text("type") or {"express": "express", "full": "standard"}.get(dashboard or "full", "none")


def requirements(due: tuple[str, ...], *, disabled_reason: str | None = None) -> dict[str, Any]:
    """Return what is asked of an account."""
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled_reason or ("requirements.past_due" if due else None),
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _settings() -> dict[str, Any]:
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": dict.fromkeys(
            ("statement_descriptor_prefix", "statement_descriptor_prefix_kana", "statement_descriptor_prefix_kanji")
        ),
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": dict.fromkeys(("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji")),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


def complete(world: World, account: Object) -> None:
    """Let the seller have given everything: the account can be paid."""
    account.update(
        details_submitted=True,
        payouts_enabled=True,
        business_type=account["business_type"] or "individual",
        capabilities=dict.fromkeys(account["capabilities"], "active"),
        requirements=requirements(()),
        tos_acceptance={"date": world.now(), "ip": "127.0.0.1", "user_agent": None},
    )
    world.announce("account.updated", account, account=account["id"])


def restrict(world: World, account: Object, *, asked: tuple[str, ...], reason: str) -> None:
    """Let Stripe ask for more, and pay nothing until it has it."""
    account.update(
        payouts_enabled=False,
        capabilities=dict.fromkeys(account["capabilities"], "inactive"),
        requirements=requirements(asked, disabled_reason=reason),
    )
    world.announce("account.updated", account, account=account["id"])


@endpoint("GET", "/v1/account")
def retrieve_own(world: World, request: Request) -> dict[str, Any]:
    return _account(world, Params({}), "US") | {"id": OWN_ACCOUNT, "charges_enabled": True, "payouts_enabled": True}


@endpoint("GET", "/v1/accounts/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("account", id, param="account")


@endpoint("GET", "/v1/accounts")
def list_(world: World, request: Request) -> dict[str, Any]:
    return page(request.params.only(*DATED), world.tables.newest_first("account"), "/v1/accounts")
