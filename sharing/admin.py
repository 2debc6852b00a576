from django.contrib import admin

from accounts.admin import Window, site
from sharing.models import Filter, Share, SharedView


@admin.register(Filter, site=site)
class FilterWindow(Window):
    list_display = ("field", "value", "description", "account")
    list_select_related = ("account",)
    search_fields = ("field", "value", "account__name")


@admin.register(Share, site=site)
class ShareWindow(Window):
    list_display = ("token", "operator", "shows_everything")
    list_select_related = ("token",)
    search_fields = ("token__name",)


@admin.register(SharedView, site=site)
class SharedViewWindow(Window):
    list_display = ("title", "address", "account", "position")
    list_select_related = ("account",)
    search_fields = ("title", "address", "account__name")
