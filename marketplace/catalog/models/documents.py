"""Documents of providers, offerings and listings, and the files behind them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.models import Identified
from marketplace.catalog.models.listings import Listing, Offering, Provider


class MimeType(models.TextChoices):
    MARKDOWN = "markdown"
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    BASH = "bash"
    HTML = "html"
    JSON = "json"
    TEXT = "text"
    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    SVG = "svg"
    WEBP = "webp"
    URL = "url"


class DocumentCategory(models.TextChoices):
    GETTING_STARTED = "getting_started", "Getting started"
    API_REFERENCE = "api_reference", "API reference"
    TUTORIAL = "tutorial", "Tutorials"
    CODE_EXAMPLE = "code_example", "Code examples"
    CODE_EXAMPLE_OUTPUT = "code_example_output", "Output of the code examples"
    CONNECTIVITY_TEST = "connectivity_test", "Connectivity tests"
    REQUEST_TEMPLATE = "request_template", "Request templates"
    USE_CASE = "use_case", "Use cases"
    TROUBLESHOOTING = "troubleshooting", "Troubleshooting"
    CHANGELOG = "changelog", "Changes"
    BEST_PRACTICE = "best_practice", "Best practices"
    SPECIFICATION = "specification", "Specification"
    SERVICE_LEVEL_AGREEMENT = "service_level_agreement", "Service level agreement"
    TERMS_OF_SERVICE = "terms_of_service", "Terms of service"
    STATEMENT = "statement", "Statements"
    INVOICE = "invoice", "Invoices"
    LOGO = "logo", "Logo"
    AVATAR = "avatar", "Avatar"
    BLOG_CONTENT = "blog_content", "Articles"
    BLOG_BANNER = "blog_banner", "Banners"
    ATTACHMENT = "attachment", "Attachments"
    OTHER = "other", "More"


class Blob(models.Model):
    """A file by its content: the key is the SHA-256 of its bytes and the last extension of its name."""

    key = models.CharField(max_length=100, primary_key=True)
    size = models.BigIntegerField(help_text="Bytes.")
    mime_type = models.CharField(max_length=100)
    filename = models.CharField(max_length=255)
    file = models.FileField(upload_to="blobs", max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="blob_size_is_not_negative")]

    def __str__(self) -> str:
        return self.filename


def _one_owner() -> Q:
    owners = ("provider", "offering", "listing")
    condition = Q(pk__in=[])
    for owner in owners:
        condition |= Q(**{f"{name}__isnull": name != owner for name in owners})
    return condition


class Document(Identified):
    """A page, script, picture or link. It belongs to exactly one of provider, offering and listing."""

    provider = models.ForeignKey(Provider, null=True, blank=True, on_delete=models.CASCADE, related_name="documents")
    offering = models.ForeignKey(Offering, null=True, blank=True, on_delete=models.CASCADE, related_name="documents")
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(max_length=255)
    category = models.CharField(max_length=30, choices=DocumentCategory.choices)
    mime_type = models.CharField(max_length=10, choices=MimeType.choices)
    description = models.CharField(max_length=500, blank=True)
    version = models.CharField(max_length=50, blank=True)
    sort_order = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False)
    filename = models.CharField(max_length=1000, blank=True)
    blob = models.ForeignKey(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="documents")
    external_url = models.CharField(max_length=1000, blank=True)
    meta = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["sort_order", "title"]
        constraints = [
            models.CheckConstraint(condition=_one_owner(), name="document_has_one_owner"),
            models.UniqueConstraint(fields=["provider", "title"], name="document_once_per_provider"),
            models.UniqueConstraint(fields=["offering", "title"], name="document_once_per_offering"),
            models.UniqueConstraint(fields=["listing", "title"], name="document_once_per_listing"),
            models.CheckConstraint(
                condition=Q(category__in=DocumentCategory.values), name="document_category_is_known"
            ),
            models.CheckConstraint(condition=Q(mime_type__in=MimeType.values), name="document_mime_type_is_known"),
            models.CheckConstraint(
                condition=~Q(category=DocumentCategory.CONNECTIVITY_TEST) | Q(is_public=False),
                name="connectivity_tests_are_never_public",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def owner_kind(self) -> str:
        """Return the kind of its owner."""
        if self.provider_id is not None:
            return "provider"
        return "offering" if self.offering_id is not None else "listing"
