"""Which files of docs/ are published, in the order of the side list. Decisions and the inside of things are not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """A published file. name: its path in docs/ without .md, and the end of its address."""

    name: str
    label: str

    @property
    def path(self) -> str:
        return f"/docs/{self.name}"

    @property
    def slug(self) -> str:
        """Its name for programs: letters, digits, dashes."""
        return self.name.replace("/", "-")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Papers under one heading. lead: for whom and what for, in a sentence."""

    label: str
    lead: str
    papers: tuple[Paper, ...]


SHELVES = (
    Shelf(
        "Using services",
        "How calls are made, by hand and by program, and what answers mean.",
        (
            Paper("gateway", "The gateway"),
            Paper("request-logs", "Request logs"),
            Paper("playground", "The playground"),
            Paper("schedules", "Scheduled requests"),
            Paper("messages", "Messages"),
            Paper("api", "The JSON APIs"),
            Paper("constraints", "Constraints of services"),
            Paper("errors", "Errors"),
            Paper("glossary", "Glossary"),
        ),
    ),
    Shelf(
        "Money",
        "Every amount on a wallet or a statement, with worked numbers.",
        (
            Paper("algorithms/pricing", "Prices"),
            Paper("algorithms/holds", "Holds"),
            Paper("algorithms/settlement", "Settlement"),
            Paper("algorithms/rounding", "Rounding"),
            Paper("algorithms/wallets", "Wallets"),
            Paper("algorithms/top-ups", "Top-ups and refunds"),
            Paper("algorithms/enrollments", "Enrollments and price changes"),
            Paper("algorithms/subscriptions", "Subscriptions"),
            Paper("algorithms/promotions", "Promotions"),
            Paper("algorithms/statements", "Statements"),
            Paper("algorithms/disputes", "Disputes"),
        ),
    ),
    Shelf(
        "Selling",
        "From files to a service on the market, and to the payout.",
        (
            Paper("catalog", "From files to the market"),
            Paper("seller-files", "Files of a service"),
            Paper("testing", "Tests of a service"),
            Paper("platform-services", "Platform services"),
            Paper("clients", "Published clients"),
            Paper("algorithms/payouts", "Earnings and payouts"),
        ),
    ),
)
PAPERS = {paper.name: paper for shelf in SHELVES for paper in shelf.papers}
