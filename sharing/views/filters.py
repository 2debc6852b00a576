from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from accounts.web.resubmission import made_once
from accounts.web.undo import Undo
from sharing.forms import DeleteFilterForm, EditFilterForm, FilterForm
from sharing.views.tab import TEMPLATE, about_filters, page
from tokens.kinds import Kind
from tokens.usage import with_days
from tokens.views.guards import posted
from tokens.views.row_values import kind_rows
from tokens.views.rows import about_rows

ask_and_do = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@for_account(Operation.FILTER_CREATE)
def filter_create(request, account):
    form = FilterForm(request.POST)
    made = made_once(request, lambda: _add(request, account, form))
    if made:
        return _answer(request, account, made, "added", f"{made} is added.")
    if request.htmx:
        context = {"filter_form": form}
        return render(request, "sharing/_filters.html#new_filter", context, status=422)
    return render(
        request, TEMPLATE, page(request, account, filter_form=form), status=422
    )


def _add(request, account, form):
    return form.is_valid() and form.add(account=account, by=Actor.of(request))


@ask_and_do
@for_account(Operation.FILTER_EDIT)
def filter_edit(request, account, pk):
    filter_ = get_object_or_404(account.filters, pk=pk)
    shares = list(filter_.used_by())
    form = EditFilterForm(posted(request), filter_=filter_, shares=shares)
    sent = filter_.values | {"named": form.initial["named"]}
    if form.is_valid() and form.save(by=Actor.of(request)):
        text = f"{filter_} is changed."
        sent["version"] = filter_.version
        undo = _undoing("edit", filter_, f"#filter-{pk}", sent, pk)
        return _answer(request, account, filter_, "changed", text, shares, undo)
    return _ask(request, "sharing/filter_edit.html", form, shares)


@ask_and_do
@for_account(Operation.FILTER_DELETE)
def filter_delete(request, account, pk):
    filter_ = get_object_or_404(account.filters, pk=pk)
    shares, stopping = list(filter_.used_by()), filter_.shares_that_stop()
    form = DeleteFilterForm(posted(request), filter_=filter_, shares=stopping)
    if form.is_valid():
        form.delete(by=Actor.of(request))
        text = f"{filter_} is deleted."
        # Tokens that it was taken off do not get it back.
        sent = filter_.values
        undo = None if shares else _undoing("create", filter_, "#new-filter", sent)
        return _answer(request, account, filter_, "deleted", text, shares, undo)
    return _ask(request, "sharing/filter_delete.html", form, shares, stopping=stopping)


def _ask(request, template, form, shares, **context):
    status = status_of(form)
    context |= {"form": form, "filter": form.filter, "shares": shares}
    return render(request, template, context, status=status)


def _undoing(verb, filter_, row, fields, *ids):
    url = reverse(f"sharing:filter_{verb}", args=[filter_.account_id, *ids])
    return Undo(url, row, fields)


def _answer(request, account, filter_, what, text, shares=(), undo=None):
    """Answer with the filter's row and those of the links that it changed."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("sharing:list", account.pk)
    # A row that is not in the page cannot be swapped, so it says which ones are.
    shown = set(request.POST.getlist("shown"))
    touched = [share.pk for share in shares if str(share.pk) in shown]
    tokens = account.tokens.not_deleted().filter(pk__in=touched)
    tokens = tokens.select_related("share").prefetch_related("share__filters")
    about = about_rows(request, account, Kind.SHARED)
    context = about | {
        **about_filters(request, account),
        "filter": account.filters.with_uses().filter(pk=filter_.pk).first(),
        "what": what,
        "text": text,
        "undo": undo,
        "rows": kind_rows(with_days(tokens), about, oob=True),
    }
    response = render(request, "sharing/_filters.html#answer", context)
    # An open form for a new link offers the filters as they are now.
    trigger_client_event(response, "tollgate:filters")
    return trigger_client_event(response, "tollgate:close")
