"""What a seller says came of tests on a machine of theirs: taken over, or refused with the reason."""

from __future__ import annotations

import pytest

from accounts.teams.models import Team
from marketplace.testing.models import TestResult
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service
from tests.factories.programs import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Team:
    return TeamFactory(seller=True)


class TestReport:
    @pytest.mark.parametrize("status", [["success"], {"is": "success"}, 5, None])
    def test_names_the_interface_whose_status_is_none(self, seller, status):
        document = make_service(seller).listing.documents.get()

        answer = Caller(seller)(
            "PATCH", f"/documents/{document.pk}", {"status": "success", "tests": {"canonical": {"status": status}}}
        )

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["msg"].startswith("tests.canonical.status: must be one of ")

    def test_takes_one_result_for_an_interface(self, seller):
        service = make_service(seller)
        document, interface = service.listing.documents.get(), service.interfaces.get()
        tests = {key: {"status": "success"} for key in ("canonical", str(interface.pk))}

        answer = Caller(seller)("PATCH", f"/documents/{document.pk}", {"status": "success", "tests": tests})

        told = "tests.canonical: given by its name and by its id. Give one of them."
        assert (answer.status_code, answer.json()["detail"][0]["msg"]) == (422, told)
        assert not TestResult.objects.exists()

    def test_cannot_have_been_at_a_time_that_no_row_can_be_read_with(self, seller):
        document = make_service(seller).listing.documents.get()
        call = Caller(seller)

        answer = call(
            "PATCH", f"/documents/{document.pk}", {"status": "success", "executed_at": "0001-01-01T00:00:00+14:00"}
        )

        assert answer.status_code == 422
        assert call("GET", f"/documents/{document.pk}/test-details").status_code == 200
