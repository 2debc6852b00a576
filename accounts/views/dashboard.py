"""The addresses of the pages at Logz.io, which bookmarks and papers still have.

There they are fragments (`/#/dashboard/…`), which no server sees: a script of every page
asks for them here, and the login leads on to what was asked for.
"""

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.permissions import about_oneself
from accounts.relations import relations
from accounts.signing_in.arrivals import first_account
from accounts.web.navigation import SETTINGS_PAGES, TOKENS_PAGE, counterpart

PAGES = {
    "settings/manage-tokens": "tokens:shipping",
    "settings/manage-tokens/data-shipping": "tokens:shipping",
    "settings/manage-tokens/log-shipping": "tokens:shipping",
    "account/tokens": "tokens:shipping",
    "settings/manage-tokens/shared": "sharing:list",
    "settings/shared-tokens": "sharing:list",
    "settings/manage-tokens/api": "tokens:api",
    "settings/api-tokens": "tokens:api",
    "settings/manage-accounts": "accounts:account_list",
    "settings/plan-and-billing/plan": "accounts:account_list",
    "settings/plan-and-billing/usage": "accounts:account_list",
    "settings/manage-users": "accounts:user_list",
    "settings/general": "accounts:general",
    "settings/general/audit-trail": "accounts:audit_list",
}


@require_safe
@about_oneself
def lead_on(request, page):
    """Lead to the same page of the account that this browser opened last."""
    name = PAGES.get(page.strip("/"))
    if name is None:
        raise Http404
    account = first_account(request, request.user)
    if request.user.is_staff or account is None:
        return redirect("accounts:home")
    wanted = next(each for each in SETTINGS_PAGES if each.name == name)
    address = _address(request, wanted, account)
    product = request.GET.get("product")
    if product and address == TOKENS_PAGE.url(account):
        address = reverse(
            TOKENS_PAGE.name, args=[account.pk], query={"product": product}
        )
    return redirect(address)


def _address(request, wanted, account):
    main = account.main
    if wanted.main_only and wanted.is_open(relations(request.user, main), main):
        return wanted.url(main)
    return counterpart(wanted, relations(request.user, account), account)
