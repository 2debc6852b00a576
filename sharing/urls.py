from django.urls import include, path

from sharing.views import dashboards, filters, links, shares, visitors

app_name = "sharing"
account = [
    path("", shares.share_list, name="list"),
    path("new/", shares.share_create, name="create"),
    path("preview/", shares.share_preview, name="preview"),
    path("<int:pk>/edit/", shares.share_edit, name="edit"),
    path("<int:pk>/preview/", shares.share_edit_preview, name="edit_preview"),
    path("<int:pk>/guest/", links.share_as_visitor, name="see_as_visitor"),
    path("<int:pk>/link/", links.share_link, name="link"),
    path("<int:pk>/code/", links.share_code, name="code"),
    path("views/new/", dashboards.view_create, name="view_create"),
    path("views/<int:pk>/edit/", dashboards.view_edit, name="view_edit"),
    path("views/<int:pk>/delete/", dashboards.view_delete, name="view_delete"),
    path("views/<int:pk>/up/", dashboards.view_up, name="view_up"),
    path("views/<int:pk>/down/", dashboards.view_down, name="view_down"),
    path("filters/new/", filters.filter_create, name="filter_create"),
    path("filters/<int:pk>/edit/", filters.filter_edit, name="filter_edit"),
    path("filters/<int:pk>/delete/", filters.filter_delete, name="filter_delete"),
]
urlpatterns = [
    path("accounts/<int:account_id>/tokens/shared/", include(account)),
    # The secret follows the id behind a "#", which no browser sends.
    path("s/<str:page>", visitors.link_page, name="visitor"),
    path("s/<str:page>/open", visitors.link_open, name="open"),
    path("s/<str:page>/renew", visitors.link_renew, name="renew"),
]
