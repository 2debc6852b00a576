"""What the Shared tab shows: links, and below them the account's filters."""

from accounts.paging import paginate
from accounts.permissions import Operation, allows
from sharing.forms import FilterForm, ShareForm
from tokens.kinds import Kind
from tokens.views.listing import listing

PAGE = "sharing/list.html"
FILTERS_SHOWN = 50
STATES = [("active", "Active"), ("disabled", "Paused"), ("expired", "Expired")]


def page(request, account, *, form=None, filter_form=None):
    """Return the context of the tab; the forms are ones to show again."""
    tokens = account.tokens.of_kind(Kind.SHARED).filter(share__isnull=False)
    tokens = tokens.select_related("share").prefetch_related("share__filters")
    if form is None and request.GET.get("new"):
        form = new_form(account)
    if filter_form is None and request.GET.get("filter") == "new":
        filter_form = FilterForm()
    return {
        **listing(request, account, Kind.SHARED, tokens=tokens),
        **about_filters(request, account),
        "form": form,
        "states": STATES,
        "filters": paginate(
            account.filters.with_uses(),
            "field",
            request.GET.get("filters", ""),
            size=FILTERS_SHOWN,
        ),
        "filter_form": filter_form,
    }


def new_form(account, data=None):
    return ShareForm(data, account=account, auto_id="new-%s")


def about_filters(request, account):
    """Return what the row of every filter needs besides its filter."""
    return {
        "may_filter": {
            verb: bool(
                allows(request.relations, Operation[f"FILTER_{verb.upper()}"], account)
            )
            for verb in ("create", "edit", "delete")
        }
    }
