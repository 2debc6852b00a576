from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Account, AccountKind
from accounts.permissions import Operation, for_account
from tokens.kinds import Kind
from tokens.views.listing import add, listing

TEMPLATE = "tokens/api.html"


@require_safe
@for_account(Operation.API_LIST)
def api_list(request, account):
    context = listing(request, account, Kind.API) | _ways_out(request, account)
    return render(request, TEMPLATE, context)


@require_POST
@for_account(Operation.API_CREATE)
def api_create(request, account):
    return add(request, account, Kind.API, TEMPLATE)


def _ways_out(request, account):
    """Return where to go from an account that is offered no API tokens."""
    if account.has_api_tokens:
        return {"plan_url": settings.PLAN_URL}
    mains = Account.objects.visible_to(request.user).of_kind(AccountKind.MAIN)
    return {"main": mains.filter(organisation=account.organisation_id).first()}
