from django.contrib import admin

from accounts.admin import Window, site
from tokens.models import Token


@admin.register(Token, site=site)
class TokenWindow(Window):
    """Tokens, to look up; their secrets are rows that are not registered."""

    exclude = ("name_key", "note_key", "public_id", "masked")
    list_display = ("name", "kind", "account", "created_at", "state", "last_used_at")
    list_filter = ("kind",)
    list_select_related = ("account",)
    search_fields = ("name", "note", "account__name")
