"""Price versions, for operators to read: no price changes once it is stored."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.prices.models import PriceVersion
from common.admin import ReadOnlyAdmin


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    list_display = ("digest", "side", "currency", "kind", "created_at")
    list_filter = ("side", "currency")
    search_fields = ("digest", "id")
    date_hierarchy = "created_at"
    fields = ("side", "currency", "written", "digest", "created_at")

    @admin.display(description="type")
    def kind(self, version: PriceVersion) -> str:
        return str(version.price.get("type", ""))

    @admin.display(description="price")
    def written(self, version: PriceVersion) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(version.price, indent=2, ensure_ascii=False))
