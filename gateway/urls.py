from django.urls import include, path

from gateway.views import refused_calls, webhook

app_name = "gateway"
account = [
    # As it was called before: mails that were sent still name it.
    path("tokens/dead/", refused_calls.refused_calls_moved, name="refused_calls_moved"),
    path(
        "tokens/refused-calls/", refused_calls.refused_call_list, name="refused_calls"
    ),
    path(
        "tokens/refused-calls/<int:pk>/revive/",
        refused_calls.refused_call_revive,
        name="revive",
    ),
    path(
        "tokens/refused-calls/<int:pk>/dismiss/",
        refused_calls.refused_call_dismiss,
        name="dismiss",
    ),
    path("reminders/on/", webhook.reminders_on, name="reminders_on"),
    path("reminders/off/", webhook.reminders_off, name="reminders_off"),
    path("webhook/", webhook.webhook_edit, name="webhook"),
    path("webhook/test/", webhook.webhook_test, name="webhook_test"),
    path("webhook/reveal/", webhook.webhook_reveal, name="webhook_reveal"),
    path("webhook/renew/", webhook.webhook_renew, name="webhook_renew"),
    path("webhook/remove/", webhook.webhook_remove, name="webhook_remove"),
]
urlpatterns = [path("accounts/<int:account_id>/", include(account))]
