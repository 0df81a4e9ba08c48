from django.contrib import admin

from accounts.files.models import AccountFile
from common.admin import ReadOnlyAdmin


@admin.register(AccountFile)
class AccountFileAdmin(ReadOnlyAdmin):
    """Operators see that there are files and how large they are, not what is in them."""

    list_display = ("key", "team", "user", "size", "content_type", "updated_at")
    list_select_related = ("team", "user")
    search_fields = ("key", "team__name", "user__email")
    list_filter = ("team__kind",)
