from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Account
from accounts.permissions import Operation, for_account
from tokens.kinds import RULES, SHIPPED_TO, SHIPPING, Kind
from tokens.models import Token
from tokens.permissions import visible_to_main_admin
from tokens.views.listing import add, listing
from tokens.views.tabs import tabs

TEMPLATE = "tokens/shipping.html"
ELSEWHERE = 5
# Addresses of Logz.io pages say both traces and tracing.
PRODUCTS = {kind.value: kind for kind in SHIPPING} | {"tracing": Kind.TRACES}
WORDS = {Kind.LOGS: "Logs", Kind.METRICS: "Metrics", Kind.TRACES: "Traces"}


@require_safe
@for_account(Operation.SHIP_LIST)
def shipping_list(request, account):
    return _page(request, account, _product(request, account))


@require_POST
@for_account(Operation.SHIP_CREATE)
def shipping_create(request, account):
    return add(
        request, account, Kind.LOGS, TEMPLATE, **_frame(request, account, Kind.LOGS)
    )


def _product(request, account):
    own = SHIPPED_TO.get(account.kind)
    return PRODUCTS.get(request.GET.get("product"), own)


def _page(request, account, kind):
    context = _frame(request, account, kind)
    is_home = kind is not None and account.kind in RULES[kind].lives_in
    if kind is None or not (is_home or account.is_main):
        context["tabs"] = tabs(account, "tokens:shipping")
        context["homes"] = _accounts_for(request, account, kind)
        return render(request, "tokens/not_shipped.html", context)
    tokens = None if is_home else _of_others(request, account, kind)
    context |= listing(request, account, kind, tokens=tokens)
    return render(request, TEMPLATE, context)


def _of_others(request, account, kind):
    """Return the tokens of the accounts that a main account lists a kind of."""
    tokens = Token.objects.of_kind(kind).select_related("account__organisation")
    return tokens.filter(account__in=visible_to_main_admin(account, request.user))


def _accounts_for(request, account, kind):
    """Return some accounts that a person can go to for a kind of token."""
    if kind is None:
        return []
    places = Account.objects.visible_to(request.user).not_deleted()
    places = places.filter(organisation=account.organisation_id)
    return list(places.of_kind(*RULES[kind].lives_in)[:ELSEWHERE])


def _frame(request, account, kind):
    """Return what stands above the table."""
    listeners = {
        Kind.LOGS: settings.LISTENER_URL,
        Kind.METRICS: settings.METRICS_LISTENER_URL,
        Kind.TRACES: settings.TRACES_LISTENER_URL,
    }
    return {
        "products": [(each.value, WORDS[each], each == kind) for each in SHIPPING],
        "product": kind,
        "listener": listeners.get(kind),
        "shipped": SHIPPED_TO.get(account.kind),
    }
