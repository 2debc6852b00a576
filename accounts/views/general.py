from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Membership
from accounts.permissions import Operation, allows, for_account

ADMINS_NAMED = 20
ADDRESSES = (
    ("Logs listener", "LISTENER_URL"),
    ("Metrics listener", "METRICS_LISTENER_URL"),
    ("Traces listener", "TRACES_LISTENER_URL"),
    ("Queries", "QUERY_URL"),
    ("API", "API_URL"),
)


@require_safe
@for_account(Operation.ACCOUNT_VIEW)
def general(request, account):
    context = {
        "addresses": [(label, getattr(settings, name)) for label, name in ADDRESSES],
        "admins": _whom_to_ask(request, account),
    }
    return render(request, "accounts/general.html", context)


def _whom_to_ask(request, account):
    if allows(request.relations, Operation.SHIP_LIST, account):
        return []
    return list(Membership.objects.helpers(account)[:ADMINS_NAMED])
