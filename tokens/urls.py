from django.urls import include, path

from tokens.bulk_words import OFFERED
from tokens.kinds import Kind
from tokens.models import BulkAction
from tokens.policies.rules import POLICY_KINDS
from tokens.views import (
    actions,
    all_tokens,
    api_tokens,
    bulk,
    calendar,
    deleted,
    find,
    first_call,
    health,
    installation,
    policies,
    shipping,
    token_page,
    use_it,
    whose,
)

app_name = "tokens"
# What only undoes is begun where it is offered.
BEGUN = (*OFFERED, BulkAction.HANDOVER)
account = [
    path("shipping/", shipping.shipping_list, name="shipping"),
    path("shipping/new/", shipping.shipping_create, name="shipping_create"),
    path("api/", api_tokens.api_list, name="api"),
    path("api/new/", api_tokens.api_create, name="api_create"),
    path("deleted/", deleted.deleted_list, name="deleted"),
    path("find/", find.token_find, name="find"),
    path("calendar/", calendar.calendar_page, name="calendar"),
    path("calendar/make/", calendar.calendar_make, name="calendar_make"),
    path("calendar/renew/", calendar.calendar_renew, name="calendar_renew"),
    path("calendar/revoke/", calendar.calendar_revoke, name="calendar_revoke"),
    path("health/", health.health, name="health"),
    path("all/", all_tokens.all_list, name="all"),
    path("all/csv/", all_tokens.all_export, name="all_export"),
    *[
        path(
            f"bulk/{action.value}/",
            bulk.bulk_prepare,
            {"action": action},
            name=f"bulk_{action.value}",
        )
        for action in BEGUN
    ],
    path("bulk/<int:pk>/", bulk.bulk_job, name="bulk_job"),
    path("bulk/<int:pk>/start/", bulk.bulk_start, name="bulk_start"),
    path("bulk/<int:pk>/stop/", bulk.bulk_stop, name="bulk_stop"),
    path("bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("<int:pk>/", token_page.token_page, name="page"),
    path("<int:pk>/reveal/", actions.token_reveal, name="reveal"),
    path("<int:pk>/rename/", actions.token_rename, name="rename"),
    path("<int:pk>/note/", actions.token_note, name="note"),
    path("<int:pk>/enable/", actions.token_enable, name="enable"),
    path("<int:pk>/disable/", actions.token_disable, name="disable"),
    path("<int:pk>/expiry/", actions.token_expiry, name="expiry"),
    path("<int:pk>/restrict/", actions.token_restrict, name="restrict"),
    path("<int:pk>/rotate/", actions.token_rotate, name="rotate"),
    path("<int:pk>/finish/", actions.token_finish, name="finish"),
    path("<int:pk>/roll-back/", actions.token_roll_back, name="roll_back"),
    path("<int:pk>/usage/", token_page.usage_moved, name="usage"),
    path("<int:pk>/first-call/", first_call.token_first_call, name="first_call"),
    path("<int:pk>/use-it/", use_it.token_use_it, name="use_it"),
    path("<int:pk>/delete/", actions.token_delete, name="delete"),
    path("<int:pk>/restore/", deleted.token_restore, name="restore"),
]


def of_policies():
    """Yield the addresses of the policies, below an account's."""
    yield path("", policies.policies, name="policies")
    for kind in POLICY_KINDS:
        about, name = {"kind": kind}, f"policy_{kind}"
        yield path(f"{kind}/", policies.policy_edit, about, name=name)
        yield path(
            f"{kind}/preview/", policies.policy_preview, about, name=f"{name}_preview"
        )


def of_installation(kind):
    """Yield the addresses of a kind of the installation's own tokens."""
    about = {"kind": kind}
    folder = f"{kind}-tokens/"
    yield path(folder, installation.installation_list, about, name=kind)
    yield path(
        f"{folder}new/", installation.installation_create, about, name=f"{kind}_create"
    )
    yield path(
        f"{folder}<int:pk>/", installation.installation_page, about, name=f"{kind}_page"
    )
    for verb, view in installation.ACTIONS.items():
        address = f"{folder}<int:pk>/{verb.replace('_', '-')}/"
        yield path(address, view, about, name=f"{kind}_{verb}")


staff = [
    path("whose/", whose.whose_find, name="whose"),
    path("whose/<int:pk>/", whose.whose_token, name="whose_token"),
    path("whose/<int:pk>/disable/", whose.whose_disable, name="whose_disable"),
    *of_installation(Kind.GATEWAY),
    *of_installation(Kind.SCANNER),
]
urlpatterns = [
    path("accounts/<int:account_id>/tokens/", include(account)),
    path("accounts/<int:account_id>/policies/", include([*of_policies()])),
    path("staff/", include(staff)),
    # The secret is an argument, since logs of proxies have paths only.
    path("calendar/tokens.ics", calendar.calendar_feed, name="calendar_feed"),
]
