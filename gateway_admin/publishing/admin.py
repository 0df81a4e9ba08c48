"""Published records, for operators to read: what the gateways know. `manage.py republish` compiles them anew."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.admin import ReadOnlyAdmin
from gateway_admin.publishing.models import PublishedRecord

#: Of a secret's record: nobody needs to see even the sealed text.
_SEALED = ("value", "sealed_key", "ciphertext")


@admin.register(PublishedRecord)
class PublishedRecordAdmin(ReadOnlyAdmin):
    list_display = ("kind", "key", "is_published", "updated_at", "written_in")
    list_filter = ("kind",)
    search_fields = ("key",)
    fields = ("kind", "key", "written", "updated_at", "written_in")
    show_full_result_count = False

    @admin.display(boolean=True, description="published")
    def is_published(self, record: PublishedRecord) -> bool:
        return record.body is not None

    @admin.display(description="record")
    def written(self, record: PublishedRecord) -> SafeString | str:
        if record.body is None:
            return "Withdrawn: the gateways refuse it."
        shown = {name: "(not shown)" if name in _SEALED else value for name, value in record.body.items()}
        return format_html("<pre>{}</pre>", json.dumps(shown, indent=2, ensure_ascii=False, sort_keys=True))
