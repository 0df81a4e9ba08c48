from django.contrib import admin

from common.admin import ReadOnlyAdmin
from common.idempotency.models import KeptAnswer


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin):
    list_display = ("key", "caller", "status", "created_at")
    search_fields = ("key", "caller")
    fields = ("key", "caller", "status", "fingerprint", "created_at")
    readonly_fields = fields
