"""From the first visit to a billed call, in a real browser against the whole marketplace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.marketplace import Marketplace, build, remove

pytestmark = [pytest.mark.browser, pytest.mark.journey]
PASSWORD = "a long enough passphrase"
#: What one forecast costs, as its file says.
PRICE = Decimal("0.002")


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Marketplace]:
    """Pages, gateway, settlement and a demo upstream, with the demo catalogue."""
    built = build(tmp_path_factory.mktemp("marketplace"), name=f"browser_{worker_id}")
    try:
        built.start("upstream", "web", "settle", "worker")
        yield built
    finally:
        remove(built)


@pytest.fixture
def gateway_url(marketplace: Marketplace) -> str:
    """The address that customers call: here the pages' own origin."""
    return marketplace.url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody who was never here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


class TestJourney:
    def test_leads_from_sign_up_to_a_call_that_the_wallet_shows(self, marketplace, gateway_url, browser, page):
        sign_up(page, marketplace.url)
        page.goto(marketplace.url)
        expect(page.get_by_role("region", name="First steps")).to_contain_text("0 of 6 done")
        page.get_by_role("button", name="Skip Verify your e-mail").click()
        expect(page.get_by_role("button", name="Take it up again Verify your e-mail")).to_be_visible()
        address = enroll_in_forecast(page, marketplace.url)
        key = create_key(page)
        credit_as_operator(browser, marketplace, "newcomer", "5.00")

        expect_available(page, "5.00")
        assert address.startswith(f"{gateway_url}/e/")
        answer = httpx.get(address, headers={"authorization": f"Bearer {key}"}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert "Bergen" in answer.text
        marketplace.wait_settled()

        expect_available(page, str(5 - PRICE))
        expect(page.get_by_role("region", name="Usage by service")).to_contain_text("Forecast")
        expect(page.get_by_role("region", name="Calls that were charged last")).to_contain_text("0.002 USD")
        expect(page.get_by_role("region", name="Movements of money")).to_contain_text("Welcome aboard")
        page.get_by_role("link", name="Home").first.click()
        expect(page.get_by_role("region", name="First steps")).to_contain_text("5 of 6 done")
        expect(page.get_by_role("region", name="Your last calls")).to_contain_text("Forecast")
        page.get_by_role("link", name="Usage").first.click()
        expect(page.get_by_role("img", name="Charged by day, stacked by service")).to_be_visible()
        expect(page.get_by_role("list", name="What the patterns stand for")).to_contain_text("Forecast 0.002 USD")

    def test_ends_with_an_enrollment_that_cannot_be_called(self, marketplace, page):
        sign_up(page, marketplace.url, email="leaver@example.org")
        address = enroll_in_forecast(page, marketplace.url)
        key = create_key(page)

        page.get_by_role("link", name="Enrollments").first.click()
        page.get_by_role("link", name="Forecast").first.click()
        page.get_by_role("button", name="End enrollment").first.click()
        page.get_by_role("dialog").get_by_role("button", name="End enrollment").click()
        expect(page.get_by_text("has ended")).to_be_visible()

        def refused() -> bool:
            return httpx.get(address, headers={"authorization": f"Bearer {key}"}, timeout=30).status_code == 404

        assert any(refused() or page.wait_for_timeout(200) for _ in range(150))


def sign_up(page: Page, site: str, email: str = "newcomer@example.org") -> None:
    page.goto(site)
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("link", name="Enrollments").first).to_be_visible()


def enroll_in_forecast(page: Page, site: str) -> str:
    """Find the service in the market, enroll, and return the address of the enrollment's code."""
    page.get_by_role("link", name="Market").first.click()
    page.get_by_label("Search services").fill("forecast")
    page.locator(".market-card").get_by_role("link", name="Forecast").click()
    page.locator("main").get_by_role("link", name="Enroll", exact=True).first.click()
    expect(page.get_by_text("0.002 USD per request").first).to_be_visible()

    page.get_by_role("button", name="Accept and enroll").click()
    expect(page.get_by_role("alert")).to_contain_text("City: This is required.")
    page.get_by_label("City").fill("Bergen")
    page.get_by_label("imperial").check()
    page.get_by_role("button", name="Accept and enroll").click()

    expect(page.get_by_text("You are enrolled in Forecast.")).to_be_visible()
    expect(page.get_by_text("imperial")).to_be_visible()
    shown = page.get_by_text(f"{site}/e/").filter(visible=True)
    return shown.last.inner_text()


def create_key(page: Page) -> str:
    page.get_by_role("link", name="API Keys").first.click()
    page.get_by_role("link", name="Create a key").click()
    page.get_by_label("Name").fill("journey")
    page.get_by_role("button", name="Create key").click()
    key = page.get_by_test_id("api-key").inner_text()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("region", name="API keys that work")).to_contain_text("journey")
    assert key not in page.content()
    return key


def credit_as_operator(browser: Browser, marketplace: Marketplace, customer: str, amount: str) -> None:
    """Put money into a customer's wallet the way operators do."""
    ((wallet,),) = marketplace.rows(
        "SELECT w.id FROM wallets_wallet w JOIN teams_team t ON t.id = w.team_id WHERE t.name LIKE %s", f"{customer}%"
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{marketplace.url}/admin/wallets/wallet/{wallet}/credit/")
    page.locator("input[name=username]").fill(marketplace.demo["OPERATOR_EMAIL"])
    page.locator("input[name=password]").fill(marketplace.demo["OPERATOR_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
    page.locator("input[name=amount]").fill(amount)
    page.locator("input[name=note]").fill("Welcome aboard")
    page.locator("form:has(input[name=amount])").get_by_role("button", name="Credit").click()
    page.wait_for_url("**/change/")
    context.close()


def expect_available(page: Page, amount: str) -> None:
    """Look at the wallet: what is available is this, to the last digit."""
    page.get_by_role("link", name="Wallet").first.click()
    expect(page.get_by_test_id("available").locator("data")).to_have_attribute("value", f"{Decimal(amount):.12f}")


QUESTION = '{"model": "aurora-large", "messages": [{"role": "user", "content": "%s"}], "stream": true, "delay_ms": %d}'


class TestPlayground:
    def test_streams_a_call_cancels_another_and_leads_to_the_log(self, marketplace, page):
        log_in(page, marketplace)
        page.goto(f"{marketplace.url}/market/northwind/aurora-chat")
        page.get_by_role("link", name="Playground", exact=True).last.click()
        answer = page.get_by_role("region", name="Answer", exact=True)
        page.get_by_label("Body").fill(QUESTION % ("Good morning", 0))
        page.get_by_label("Calls from here are charged to my wallet").check()
        page.keyboard.press("Control+Enter")

        expect(answer.get_by_role("region", name="Answer, pretty")).to_have_text("Echo: Good morning")
        expect(answer.get_by_role("status")).to_contain_text("Status 200")
        answer.get_by_role("radio", name="Headers").check()
        expect(answer.get_by_role("region", name="Answer, headers")).to_contain_text(
            "x-usvc-service: northwind/aurora-chat"
        )
        expect(answer.get_by_text("It cost")).to_be_visible(timeout=30_000)

        page.get_by_label("Body").fill(QUESTION % ("word " * 200, 200))
        page.get_by_role("button", name="Run", exact=True).click()
        answer.get_by_role("radio", name="Pretty").check()
        expect(answer.get_by_role("region", name="Answer, pretty")).to_contain_text("Echo: word")
        page.get_by_role("button", name="Cancel").click()
        expect(answer.get_by_role("status")).to_contain_text("Cancelled after")
        expect(answer.get_by_text("It cost")).to_be_visible(timeout=30_000)
        answer.get_by_role("link", name="Open in logs").click()

        expect(page.get_by_text("the platform, for you (playground)")).to_be_visible()
        ((outcome, cost),) = marketplace.rows(
            "SELECT r.outcome, c.charged FROM request_logs_requestlog r JOIN rating_charge c ON c.event_id = r.id"
            " WHERE r.id = %s",
            page.url.rsplit("/", 1)[1],
        )
        assert outcome == "interrupted"
        assert 0 < cost < Decimal("0.002")

    def test_runs_a_call_again_without_scripts(self, marketplace, browser):
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        log_in(page, marketplace)
        page.goto(f"{marketplace.url}/playground?path=l/p/northwind/aurora-chat/chat/completions")
        page.get_by_label("Body").fill(QUESTION % ("Good evening", 0))
        page.get_by_label("Calls from here are charged to my wallet").check()
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.get_by_role("region", name="Answer, pretty")).to_have_text("Echo: Good evening")

        def is_logged() -> bool:
            return "One call" in page.goto(address).text()

        address = marketplace.url + page.get_by_role("link", name="its row in the log").get_attribute("href")
        assert any(is_logged() or page.wait_for_timeout(200) for _ in range(150))
        page.get_by_role("link", name="Run again").click()

        expect(page.get_by_label("Body")).to_have_value(re.compile("Good evening"))
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.get_by_role("region", name="Answer, pretty")).to_have_text("Echo: Good evening")
        context.close()


def log_in(page: Page, marketplace: Marketplace) -> None:
    page.goto(f"{marketplace.url}/accounts/login/")
    page.get_by_label("E-mail").fill(marketplace.demo["CUSTOMER_EMAIL"])
    page.get_by_label("Password").fill(marketplace.demo["CUSTOMER_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
