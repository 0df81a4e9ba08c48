"""A catalogue's folder: layouts, formats, overrides, documents, and what is told when something cannot be read."""

from __future__ import annotations

import hashlib
import json

import pytest

from marketplace.catalog.files.hashing import content_hash, object_key
from marketplace.catalog.files.reading import read_catalog
from marketplace.catalog.files.service import validate_service
from marketplace.catalog.files.syntax import Unreadable, read_data_file
from tests.marketplace.catalog.files.samples import LISTING, OFFERING, PROVIDER, texts

TOML_LISTING = """
name = "acme/echo"
time_created = 2026-01-31T12:00:00Z

[list_price]
type = "constant"
price = "0.01"

[user_access_interfaces.canonical]
base_url = "${API_GATEWAY_BASE_URL}/{{ service_name }}"

[documents.Connection]
category = "connectivity_test"
mime_type = "bash"
file_content = "curl $SERVICE_BASE_URL"
"""


def write(folder, files):
    """Write files, given by path; objects as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


@pytest.fixture
def specs(tmp_path):
    folder = "specs/acme/echo"
    return write(
        tmp_path,
        {f"{folder}/provider.json": PROVIDER, f"{folder}/offering.json": OFFERING, f"{folder}/listing.json": LISTING},
    )


class TestLayout:
    def test_of_specs_has_a_folder_per_service(self, specs):
        catalog = read_catalog(specs)

        assert texts(catalog.problems) == []
        [bundle] = catalog.bundles
        assert (bundle.provider, bundle.offering, bundle.listing) == (PROVIDER, OFFERING, LISTING)
        assert str(bundle.folder) == "specs/acme/echo"
        assert str(bundle.files["listing_data"]) == "specs/acme/echo/listing.json"

    @pytest.mark.parametrize("provider_folder", ["data/acme", "data/providers/acme"])
    def test_of_data_finds_the_provider_above_and_several_listings(self, tmp_path, provider_folder):
        service = f"{provider_folder}/services/models/gpt-4"
        bare = {key: value for key, value in LISTING.items() if key != "name"}
        write(
            tmp_path,
            {
                f"{provider_folder}/provider.toml": 'schema = "provider_v1"\nname = "acme"\n',
                f"{service}/offering.json": {**OFFERING, "schema": "offering_v1", "name": "gpt-4"},
                f"{service}/listing.json": bare,
                f"{service}/listing-premium.json": {**bare, "schema": "listing_v1"},
                f"{service}/budget.json": {**bare, "schema": "listing_v1"},
            },
        )

        bundles = read_catalog(tmp_path).bundles

        names = [
            validate_service(PROVIDER, b.offering, b.listing, seller_secret_names=None).service_name for b in bundles
        ]
        assert sorted(names) == ["gpt-4", "gpt-4@budget", "gpt-4@premium"]
        assert {b.provider["name"] for b in bundles} == {"acme"}

    def test_has_groups_promotions_and_one_seller(self, specs):
        write(
            specs,
            {
                "data/groups/llms.json": {"name": "llms"},
                "promotions/summer.toml": 'name = "Summer"\n',
                "elsewhere/service_group-x.json": {"name": "x"},
                "data/me.json": {"schema": "seller_v1", "name": "acme-corp"},
                "specs/acme/echo/service.json": "not even JSON",
                "specs/acme/echo.service.json": "nor this",
                "package.json": {"name": "nothing of ours"},
                "broken.json": "{",
                ".github/listing.json": "{",
            },
        )

        catalog = read_catalog(specs)

        assert texts(catalog.problems) == []
        assert [str(group.file) for group in catalog.groups] == [
            "data/groups/llms.json",
            "elsewhere/service_group-x.json",
        ]
        assert [promotion.content for promotion in catalog.promotions] == [{"name": "Summer"}]
        assert catalog.seller is not None
        assert catalog.seller.content["name"] == "acme-corp"
        assert len(catalog.bundles) == 1

    def test_with_two_sellers_names_both(self, specs):
        write(specs, {"seller.json": {"name": "one"}, "data/seller.toml": 'name = "two"'})

        catalog = read_catalog(specs)

        assert catalog.seller is None
        assert texts(catalog.problems) == [
            "seller.json: a catalogue has one seller file, but there are seller.json and data/seller.toml; keep one"
        ]

    @pytest.mark.parametrize(("missing", "told"), [
        ("provider.json", "specs/acme/echo/listing.json: no provider file beside it or above"),
        ("offering.json", "specs/acme/echo/listing.json: no offering file beside it"),
        ("listing.json", "specs/acme/echo/offering.json: no listing file beside it; add listing.json or listing.toml"),
    ])  # fmt: skip
    def test_tells_which_file_a_service_lacks(self, specs, missing, told):
        (specs / "specs/acme/echo" / missing).unlink()

        catalog = read_catalog(specs)

        assert catalog.bundles == ()
        assert texts(catalog.problems) == [told]

    def test_refuses_one_file_in_two_formats(self, specs):
        write(specs, {"specs/acme/echo/offering.toml": 'name = "echo"', "specs/acme/other/listing.json": LISTING})

        told = texts(read_catalog(specs).problems)

        assert "specs/acme/echo: one offering file, but there are offering.json and offering.toml; keep one" in told


class TestOverride:
    def test_is_merged_over_its_file(self, specs):
        write(
            specs,
            {
                "specs/acme/echo/listing.override.json": {"status": "ready", "list_price": {"price": "0.02"}},
                "specs/acme/echo/offering.override.toml": 'tags = ["new"]',
            },
        )

        [bundle] = read_catalog(specs).bundles

        assert bundle.listing == {**LISTING, "status": "ready", "list_price": {"type": "constant", "price": "0.02"}}
        assert bundle.offering["tags"] == ["new"]


class TestFormat:
    def test_makes_no_difference(self, specs, tmp_path):
        other = write(
            tmp_path / "toml",
            {"provider.json": PROVIDER, "offering.json": OFFERING, "listing.toml": TOML_LISTING},
        )

        [json_bundle] = read_catalog(specs / "specs").bundles
        [toml_bundle] = read_catalog(other).bundles

        assert toml_bundle.listing == json_bundle.listing

    @pytest.mark.parametrize(("name", "content", "told"), [
        ("listing.json", '{\n  "name": "x",\n}', "line 3, column 1: Expecting property name enclosed in double quotes"),
        ("listing.json", '{"a": 1, "a": 2}', "the key 'a' is there twice in one object"),
        ("listing.json", '{"a": NaN}', "NaN is no JSON value"),
        ("listing.json", "[1]", "must hold one object"),
        ("listing.json", '{"a": ' + "9" * 5000 + "}", "a number has too many digits"),
        ("listing.json", "[" * 100_000, "nested too deep"),
        ("listing.json", b"\xff\xfe\x00", "not UTF-8 text (byte 1)"),
        ("listing.json", b" " * 4_194_305, "larger than 4 MiB"),
        ("listing.toml", 'name = "x"\nstatus = ready\n', "line 2, column 10: Invalid value"),
        ("listing.toml", 'name = "x', "line 1, column 10: Unterminated string"),
        ("listing.toml", "x = " + "[" * 100_000, "nested too deep"),
    ])  # fmt: skip
    def test_error_names_file_line_and_column(self, specs, name, content, told):
        (specs / "specs/acme/echo/listing.json").unlink()
        write(specs, {f"specs/acme/echo/{name}": content})

        catalog = read_catalog(specs)

        assert catalog.bundles == ()
        assert texts(catalog.problems) == [f"specs/acme/echo/{name}: {told}"]

    def test_error_in_one_service_leaves_the_others(self, specs):
        write(specs, {"specs/acme/bad/listing.json": "{", "specs/acme/bad/offering.json": OFFERING,
                      "specs/acme/bad/provider.json": PROVIDER})  # fmt: skip

        catalog = read_catalog(specs)

        assert [str(bundle.folder) for bundle in catalog.bundles] == ["specs/acme/echo"]

    def test_takes_a_byte_order_mark_and_every_kind_of_toml_time(self, tmp_path):
        path = tmp_path / "listing.toml"
        path.write_bytes(
            b"\xef\xbb\xbfa = 2026-01-31T12:00:00Z\r\nb = 2026-01-31T12:00:00+02:00\r\nc = 2026-01-31\nd = 12:00:00\n"
        )

        assert read_data_file(path) == {
            "a": "2026-01-31T12:00:00Z",
            "b": "2026-01-31T12:00:00+02:00",
            "c": "2026-01-31",
            "d": "12:00:00",
        }

    def test_that_cannot_be_opened_is_told(self, tmp_path):
        with pytest.raises(Unreadable, match="cannot be read: No such file"):
            read_data_file(tmp_path / "gone.json")


GUIDE = {"category": "tutorial", "mime_type": "markdown"}


class TestDocuments:
    def test_are_read_and_named_as_uploaded(self, specs):
        content = b"# Hello"
        listing = {**LISTING, "documents": {"Guide 1": {**GUIDE, "file_path": "../../docs/guide.md"}}}
        provider = {**PROVIDER, "logo": "logo.png"}
        write(
            specs,
            {
                "specs/docs/guide.md": content,
                "specs/acme/echo/listing.json": listing,
                "specs/acme/echo/provider.json": provider,
                "specs/acme/echo/logo.png": b"\x89PNG",
            },
        )

        [bundle] = read_catalog(specs).bundles

        key = hashlib.sha256(content).hexdigest() + ".md"
        assert bundle.problems == ()
        assert bundle.listing["documents"]["Guide 1"] == {
            **GUIDE,
            "file_path": "../../docs/guide.md",
            "external_url": "${UNITYSVC_S3_BASE_URL}/" + key,
        }
        assert bundle.blobs[key].filename == "guide.md"
        assert bundle.blobs[key].mime_type == "markdown"
        assert bundle.contents[key] == content
        assert bundle.provider["documents"]["Company Logo"]["external_url"].endswith(".png")
        checked = validate_service(
            bundle.provider, bundle.offering, bundle.listing, seller_secret_names=None, blobs=bundle.contents
        )
        assert texts(checked.problems) == []

    @pytest.mark.parametrize(("path", "told"), [
        ("gone.md", "there is no such file (got 'gone.md')"),
        ("../../../../secret.md", "leads out of the catalogue (got '../../../../secret.md'). Copy the file into it"),
        ("link.md", "leads out of the catalogue (got 'link.md'). Copy the file into it"),
        ("folder", "there is no such file (got 'folder')"),
        ("loop.md", "cannot be read (got 'loop.md')"),
        ("x" * 900, f"cannot be read (got '{'x' * 80}…')"),
        ("a\x00b", "cannot be read (got 'a�b')"),
        ("large.bin", "larger than 10 MiB, or all documents of the service larger than 50 MiB"),
    ])  # fmt: skip
    def test_out_of_reach_are_told(self, specs, tmp_path_factory, path, told):
        folder = specs / "specs/acme/echo"
        outside = tmp_path_factory.mktemp("outside") / "secret.md"
        outside.write_text("secret")
        (folder / "link.md").symlink_to(outside)
        (folder / "loop.md").symlink_to(folder / "loop.md")
        (folder / "folder").mkdir()
        with (folder / "large.bin").open("wb") as large:
            large.truncate(10_485_761)
        write(
            specs, {"specs/acme/echo/listing.json": {**LISTING, "documents": {"Guide 1": {**GUIDE, "file_path": path}}}}
        )

        [bundle] = read_catalog(specs / "specs/acme").bundles

        if "\x00" in path:
            assert bundle.problems == ()  # a path that no file can have is told with the other fields
            return
        assert texts(bundle.problems) == [f"listing_data.documents.'Guide 1'.file_path: {told}"]
        assert bundle.blobs == {}

    def test_by_url_or_absolute_path_are_left_to_the_checks(self, specs):
        documents = {
            "Guide 1": {**GUIDE, "file_path": "/etc/passwd"},
            "Guide 2": {**GUIDE, "file_path": "https://x.example"},
        }
        write(specs, {"specs/acme/echo/listing.json": {**LISTING, "documents": documents}})

        [bundle] = read_catalog(specs).bundles

        checked = validate_service(bundle.provider, bundle.offering, bundle.listing, seller_secret_names=None)
        assert bundle.blobs == {}
        assert texts(checked.problems) == [
            "listing_data.documents.'Guide 1'.file_path: "
            "must be relative to the file that names it (got '/etc/passwd')",
            "listing_data.documents.'Guide 2'.file_path: a URL belongs into external_url (got 'https://x.example')",
        ]


class TestLink:
    def test_that_leads_out_of_the_catalogue_is_not_followed(self, specs, tmp_path_factory):
        outside = tmp_path_factory.mktemp("outside")
        write(outside, {"listing.json": LISTING, "deep/provider.json": PROVIDER})
        (specs / "specs/acme/echo/listing.json").unlink()
        (specs / "specs/acme/echo/listing.json").symlink_to(outside / "listing.json")
        (specs / "specs/linked").symlink_to(outside)

        catalog = read_catalog(specs)

        assert catalog.bundles == ()
        assert texts(catalog.problems) == [
            "specs/acme/echo/listing.json: leads out of the catalogue; put the file itself here",
            "specs/acme/echo/offering.json: no listing file beside it; add listing.json or listing.toml",
        ]


class TestContentHash:
    def test_is_the_same_for_another_order_and_time(self):
        turned = dict(reversed(LISTING.items())) | {"time_created": "2030-01-01T00:00:00Z"}

        assert content_hash(PROVIDER, OFFERING, turned) == content_hash(PROVIDER, OFFERING, LISTING)

    @pytest.mark.parametrize("changed", [
        (PROVIDER, OFFERING, {**LISTING, "status": "ready"}, {}),
        (PROVIDER, {**OFFERING, "details": {"time_created": "x"}}, LISTING, {}),
        (PROVIDER, OFFERING, LISTING, {"a.md": b"x"}),
        (OFFERING, PROVIDER, LISTING, {}),
    ])  # fmt: skip
    def test_differs_for_another_content(self, changed):
        assert content_hash(*changed) != content_hash(PROVIDER, OFFERING, LISTING)

    def test_counts_a_blob_by_its_content(self):
        one, two = ({"a.md": content} for content in (b"x", b"y"))

        assert content_hash(PROVIDER, OFFERING, LISTING, one) != content_hash(PROVIDER, OFFERING, LISTING, two)

    @pytest.mark.parametrize(("name", "suffix"), [
        ("a.sh.j2", ".j2"), ("folder.d/file", ""), ("x.tar.gz", ".gz"), ("odd.a b", ""), (".env", ".env"),
    ])  # fmt: skip
    def test_of_a_blob_keeps_the_last_extension(self, name, suffix):
        assert object_key(b"x", name) == hashlib.sha256(b"x").hexdigest() + suffix
