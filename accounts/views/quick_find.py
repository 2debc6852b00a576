from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms.find import SearchForm
from accounts.ids import is_id
from accounts.models import Account
from accounts.permissions import about_oneself
from accounts.web import quick_find as finder


@require_safe
@about_oneself
def jump(request):
    """Search pages, accounts and tokens; `account` says where the person stands."""
    form = SearchForm(request.GET)
    account = _current(request)
    context = {
        "text": form.text,
        "current": account,
        "groups": finder.find(request.user, account, form.text),
    }
    return render(request, "accounts/jump.html", context)


def _current(request):
    named = request.GET.get("account", "")
    if not is_id(named):
        return None
    visible = Account.objects.visible_to(request.user)
    return visible.select_related("organisation").filter(pk=int(named)).first()
