from django.urls import path

from leaks.views import found, policy

app_name = "leaks"
urlpatterns = [
    path("found/", found.found, name="found"),
    path("found/thanks/", found.thanks, name="thanks"),
    path("accounts/<int:account_id>/policies/found/", policy.policies, name="policies"),
]
