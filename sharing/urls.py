from django.urls import include, path

from sharing.views import filters, shares

app_name = "sharing"
account = [
    path("", shares.share_list, name="list"),
    path("new/", shares.share_create, name="create"),
    path("preview/", shares.share_preview, name="preview"),
    path("<int:pk>/edit/", shares.share_edit, name="edit"),
    path("<int:pk>/preview/", shares.share_edit_preview, name="edit_preview"),
    path("filters/new/", filters.filter_create, name="filter_create"),
    path("filters/<int:pk>/edit/", filters.filter_edit, name="filter_edit"),
    path("filters/<int:pk>/delete/", filters.filter_delete, name="filter_delete"),
]
urlpatterns = [path("accounts/<int:account_id>/tokens/shared/", include(account))]
