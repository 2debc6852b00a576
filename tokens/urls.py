from django.urls import include, path

from tokens.views import actions, api_tokens, deleted, shipping

app_name = "tokens"
account = [
    path("shipping/", shipping.shipping_list, name="shipping"),
    path("shipping/new/", shipping.shipping_create, name="shipping_create"),
    path("api/", api_tokens.api_list, name="api"),
    path("api/new/", api_tokens.api_create, name="api_create"),
    path("deleted/", deleted.deleted_list, name="deleted"),
    path("<int:pk>/reveal/", actions.token_reveal, name="reveal"),
    path("<int:pk>/rename/", actions.token_rename, name="rename"),
    path("<int:pk>/enable/", actions.token_enable, name="enable"),
    path("<int:pk>/disable/", actions.token_disable, name="disable"),
    path("<int:pk>/expiry/", actions.token_expiry, name="expiry"),
    path("<int:pk>/rotate/", actions.token_rotate, name="rotate"),
    path("<int:pk>/finish/", actions.token_finish, name="finish"),
    path("<int:pk>/delete/", actions.token_delete, name="delete"),
    path("<int:pk>/restore/", deleted.token_restore, name="restore"),
]
urlpatterns = [path("accounts/<int:account_id>/tokens/", include(account))]
