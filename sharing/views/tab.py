"""The Shared tab: links, their filters and their dashboards."""

from django.db.models import prefetch_related_objects

from accounts.permissions import Operation, allows
from accounts.prepared import Prepared
from accounts.web.pagination import paginate
from sharing.forms import FilterForm, SharedViewForm, ShareForm
from sharing.models.dashboards import MOST_DASHBOARDS
from tokens.kinds import Kind
from tokens.models.newest import newest, of_kind
from tokens.states import State
from tokens.views.listing import listing

TEMPLATE = "sharing/list.html"
FILTERS_SHOWN = 50
FILTERS = {
    "create": Operation.FILTER_CREATE,
    "edit": Operation.FILTER_EDIT,
    "delete": Operation.FILTER_DELETE,
}
VIEWS = {
    "create": Operation.VIEW_CREATE,
    "edit": Operation.VIEW_EDIT,
    "delete": Operation.VIEW_DELETE,
}
STATES = [
    (State.ACTIVE.value, State.ACTIVE.label),
    # A shared token is disabled by pausing it.
    (State.DISABLED.value, State.PAUSED.label),
    (State.EXPIRED.value, State.EXPIRED.label),
]


def page(request, account, *, form=None, filter_form=None, view_form=None):
    """Return the context of the tab; the forms are ones to show again."""
    tokens = _with_shares(account.tokens.of_kind(Kind.SHARED))
    if form is None and request.GET.get("new"):
        form = new_form(account)
    if filter_form is None and request.GET.get("filter") == "new":
        filter_form = FilterForm()
    if view_form is None and request.GET.get("view") == "new":
        view_form = SharedViewForm()
    return {
        **listing(request, account, Kind.SHARED, tokens=tokens, first=_newest(account)),
        **about_filters(request, account),
        **about_views(request, account),
        "form": form,
        "states": STATES,
        "filters": paginate(
            account.filters.with_uses(),
            "field",
            request.GET.get("filters", ""),
            size=FILTERS_SHOWN,
        ),
        "filter_form": filter_form,
        "view_form": view_form,
    }


def _with_shares(tokens):
    tokens = tokens.filter(share__isnull=False).select_related("share")
    return tokens.prefetch_related("share__filters")


def _newest(account):
    """Return what reads the newest shared tokens of an account."""

    def read(limit):
        tokens = newest(account, Kind.SHARED, limit, prepared=_NEWEST)
        shares = [token.share for token in tokens]
        # What shows everything has no filters.
        filtered = [share for share in shares if not share.shows_everything]
        prefetch_related_objects(filtered, "filters")
        return tokens

    return read


_NEWEST = Prepared(lambda *of: _with_shares(of_kind(*of)), paged=True)


def new_form(account, data=None):
    return ShareForm(data, account=account, auto_id="new-%s")


def about_filters(request, account):
    """Return what the row of every filter needs besides its filter."""
    return {"may_filter": _rights(request, account, FILTERS)}


def about_views(request, account):
    """Return what the list of shared views needs."""
    return {
        "may_view": _rights(request, account, VIEWS),
        "views": account.shared_views.all(),
        "most_views": MOST_DASHBOARDS,
    }


def _rights(request, account, operations):
    return {
        verb: bool(allows(request.relations, operation, account))
        for verb, operation in operations.items()
    }
