"""Platform services and their members, as far as their files differ from those of other services."""

from __future__ import annotations

import re
from typing import Literal

from marketplace.catalog.files.problems import Findings, shown

#: "platform": sold at /p/<route>, answered by its members. "platform_member": answers for one.
Kind = Literal["regular", "platform", "platform_member"]
#: How a platform service may choose among its members: the routing variable `strategy`.
STRATEGIES = ("weighted_random", "by_price", "lowest_latency", "sticky")
_ADDRESS = re.compile(r"\$\{API_GATEWAY_BASE_URL\}/p/([a-z0-9][a-z0-9_-]*)\Z")


def check_platform_addresses(interfaces: dict[str, object], found: Findings) -> None:
    """Check that all interfaces of a platform service are at one and the same /p/<route>."""
    routes = set()
    for name, interface in interfaces.items():
        address = interface.get("base_url") if isinstance(interface, dict) else None
        match = _ADDRESS.match(address) if isinstance(address, str) else None
        if match is None:
            found.at(name, "base_url").error(
                f"a platform service is called at ${{API_GATEWAY_BASE_URL}}/p/<route> (got {shown(address)})",
                "Write one route of small letters, digits, '-' and '_'",
                type="gateway",
            )
        else:
            routes.add(match[1])
    if len(routes) > 1:
        found.error(f"all interfaces share one route (got {', '.join(sorted(routes))})", type="gateway")


def check_platform_payout(offering: dict[str, object], found: Findings) -> None:
    """Say of a payout price that it pays nothing: calls are usage of the members, and earn by theirs."""
    if offering.get("payout_price") is not None:
        found.at("payout_price").warning(
            "of a platform service pays nothing: its calls are usage of the members, who earn by their own",
            "State what members earn in the offering of the member template",
            type="ignored_field",
        )


def check_platform_options(options: object, needs_enrollment: tuple[str, ...], found: Findings) -> None:
    """Check that a key alone is enough to call a platform service, and how it chooses among its members."""
    for reason in needs_enrollment:
        found.error(
            f"nobody enrolls in a platform service, but {reason}",
            "Leave out parameters, subscriptions and enrollment options",
            type="enrollment",
        )
    names = options.get("routing_vars") if isinstance(options, dict) else None
    strategy = names.get("strategy") if isinstance(names, dict) else None
    if strategy is not None and strategy not in STRATEGIES:
        found.at("service_options", "routing_vars", "strategy").error(
            f"must be one of {', '.join(STRATEGIES)} (got {shown(strategy)})", type="enum"
        )
