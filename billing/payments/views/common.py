"""What the pages of payments share."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.teams.access import MemberRequest
from accounts.teams.models import Team
from billing.payments import gateways
from billing.payments.processor import Card, Processor, ProcessorError
from billing.payments.services import cards, limits
from billing.wallets import queries as wallets
from billing.wallets import services as wallet_services
from billing.wallets.models import Wallet
from common.errors import DomainError

logger = logging.getLogger(__name__)


class ProcessorSilent(DomainError):
    """The processor gave no answer that helps."""

    code = "processor_silent"
    sentence = "The card processor could not be reached. Nothing was charged. Try again in a minute."


class CardsNotSetUp(DomainError):
    """No processor is set up, or it knows no such currency."""

    code = "cards_not_set_up"
    sentence = "Cards are not set up here for {currency}. Ask the operators of this marketplace for a top-up."


@dataclass(frozen=True, slots=True)
class Till:
    """The wallet that a page is about, the processor, and the team's cards there. is_silent: it could not be asked."""

    team: Team
    currency: str
    wallet: Wallet | None
    processor: Processor
    cards: list[Card]
    is_silent: bool

    @property
    def is_open(self) -> bool:
        """Whether cards can pay into this wallet at all."""
        return self.processor.is_set_up and limits.is_payable(self.currency)

    def open_wallet(self) -> Wallet:
        """Return the wallet, opened now if the team has none. Raises: CardsNotSetUp."""
        if not self.is_open:
            raise CardsNotSetUp(currency=self.currency)
        return self.wallet or wallet_services.open(team=self.team, currency=self.currency)


def till(request: MemberRequest, *, with_cards: bool = True) -> Till:
    """Return what a page needs; the currency is asked for in the address, or the team's first."""
    own = {wallet.currency: wallet for wallet in wallets.wallets(team=request.team)}
    asked = request.GET.get("currency", "")
    currency = asked if asked in own else "USD" if "USD" in own or not own else next(iter(own))
    processor = gateways.processor()
    found, is_silent = saved_cards(request.team, processor) if with_cards else ([], False)
    return Till(request.team, currency, own.get(currency), processor, found, is_silent)


def saved_cards(team: Team, processor: Processor) -> tuple[list[Card], bool]:
    """Return the team's cards, and whether the processor could not be asked for them."""
    if not processor.is_set_up:
        return [], False
    try:
        return cards.saved(team=team, processor=processor), False
    except ProcessorError as error:
        logger.warning("cards.not_listed team_id=%s error=%s", team.pk, error)
        return [], True


def absolute(request: HttpRequest, path: str) -> str:
    """Return the address under which the processor sends people back to us."""
    return request.build_absolute_uri(path)


def sent_to(address: str) -> HttpResponse:
    """Send the browser on, also to the processor, with a GET whatever it came with."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
