from django.urls import include, path

from gateway.views import refused_calls, webhook

app_name = "gateway"
account = [
    path("tokens/dead/", refused_calls.dead_list, name="dead"),
    path("tokens/dead/<int:pk>/revive/", refused_calls.dead_revive, name="revive"),
    path("tokens/dead/<int:pk>/dismiss/", refused_calls.dead_dismiss, name="dismiss"),
    path("webhook/", webhook.webhook_edit, name="webhook"),
    path("webhook/test/", webhook.webhook_test, name="webhook_test"),
    path("webhook/reveal/", webhook.webhook_reveal, name="webhook_reveal"),
    path("webhook/renew/", webhook.webhook_renew, name="webhook_renew"),
    path("webhook/remove/", webhook.webhook_remove, name="webhook_remove"),
]
urlpatterns = [path("accounts/<int:account_id>/", include(account))]
