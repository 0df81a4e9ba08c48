"""The printed statement: the same bytes always, readable by machines and by screen readers, fetching nothing."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from datetime import date

import facturx
import pytest
from pypdf import PdfReader

from billing.statements import invoice, pdf
from common.pdf import FetchRefused
from tests.architecture import house
from tests.factories.statement_contents import TOP_UP, contents, line

_IN_ANOTHER_PROCESS = """
import django, hashlib
django.setup()
from billing.statements import invoice, pdf
from tests.factories.statement_contents import contents
said = contents()
print(hashlib.sha256(pdf.written(said, invoice=invoice.written(said))).hexdigest())
"""


@pytest.fixture(scope="module")
def printed() -> bytes:
    said = contents()
    return pdf.written(said, invoice=invoice.written(said))


@pytest.fixture(scope="module")
def reader(printed: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(printed))


def text(written: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(written)).pages)


class TestBytes:
    def test_are_the_same_in_two_processes(self, printed):
        environment = {"PYTHONHASHSEED": "7", "DJANGO_SETTINGS_MODULE": "config.settings.test", "TZ": "Asia/Tokyo"}
        result = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS],
            cwd=house.ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )

        assert result.stdout.split()[-1] == hashlib.sha256(printed).hexdigest()


class TestWhatItSays:
    def test_has_who_what_and_how_much(self, printed):
        said = text(printed)

        for words in (
            "Statement for November 2026", "2026-000123", "Buyer GmbH", "1010 Wien", "Austria", "ATU12345678",
            "US123456789", "Acme Chat", "Image Forge", "K7QM4T9Z", "1,200,345 input tokens", "Launch",
            "October 2026, arrived late", "November −10 %", "Visa ending in 4242", "Balance brought forward", "12.50",
            "42.8837", "14.74", "14.7413", "No tax is added", "Page 1 of 2", "Page 2 of 2",
        ):  # fmt: skip
            assert words in said

    def test_counts_many_pages_and_repeats_the_headings(self):
        lines = [line(f"Service {number:03}", "1.5") for number in range(120)]

        pages = PdfReader(io.BytesIO(pdf.written(contents(lines=lines), invoice=None))).pages

        assert len(pages) > 4
        found = [page.extract_text() for page in pages]
        assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(found, start=1))
        assert all("Charged" in page for page in found[:-1])
        names = re.findall(r"Service (\d{3})", "".join(found))
        assert [int(name) for name in names] == list(range(120))

    def test_of_a_month_without_usage_says_so(self):
        assert "Nothing was used in November 2026." in text(
            pdf.written(contents(lines=(), movements=(TOP_UP,)), invoice=None)
        )

    def test_shows_what_sellers_wrote_as_text(self):
        said = text(pdf.written(contents(lines=[line("<script>x</script><img src=x>", "1")]), invoice=None))

        assert "<script>x</script><img src=x>" in said


class TestMachines:
    def test_find_the_invoice_inside(self, printed):
        name, xml = facturx.get_xml_from_pdf(printed, check_xsd=True)

        assert name == "factur-x.xml"
        assert xml == invoice.written(contents())

    def test_find_what_kind_of_file_it_is(self, reader):
        metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()

        assert 'part="3"' in metadata
        assert 'conformance="A"' in metadata
        assert 'pdfuaid:part="1"' in metadata
        assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
        assert reader.trailer["/Root"]["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"

    def test_find_tags_and_a_language(self, reader):
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "en"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        tags = set(_tags(root["/StructTreeRoot"].get_object()))
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= tags

    def test_find_every_font_inside(self, reader):
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
        descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]

        assert descriptors
        assert all("/FontFile2" in each or "/FontFile3" in each for each in descriptors)
        assert all("DejaVu" in font["/BaseFont"] for font in fonts)

    def test_find_no_invoice_where_nothing_was_sold(self):
        quiet = pdf.written(contents(lines=(), movements=(TOP_UP,)), invoice=None)

        assert PdfReader(io.BytesIO(quiet)).attachments == {}


class TestFetching:
    @pytest.mark.parametrize(
        "address",
        ["http://127.0.0.1:1/x.png", "https://example.com/x.png", "file:///etc/hostname", "data:,x", "logo:x"],
    )
    def test_is_refused(self, address):
        with pytest.raises(FetchRefused, match="loads nothing"):
            pdf.laid_out(f'<p><img src="{address}" alt="x"></p>')

    def test_is_refused_to_stylesheets(self):
        with pytest.raises(FetchRefused):
            pdf.laid_out("<style>@import url(http://127.0.0.1:1/x.css)</style><p>x</p>")


def test_late_months_are_said_in_words():
    late = line("x", "1", late_months=(date(2026, 9, 1), date(2026, 10, 1))).late
    assert late == "September 2026 and October 2026, arrived late"


def _tags(node, depth: int = 0):
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from _tags(each, depth + 1)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node["/S"]
        if "/K" in node:
            yield from _tags(node["/K"], depth + 1)
