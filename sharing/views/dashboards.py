"""Managing the dashboards that links open."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from accounts.web.resubmission import made_once
from accounts.web.undo import Undo
from sharing.forms import DeleteSharedViewForm, EditSharedViewForm, SharedViewForm
from sharing.views.tab import TEMPLATE, about_views, page
from tokens.views.guards import posted

ask_and_do = require_http_methods(["GET", "HEAD", "POST"])
UP, DOWN = -1, 1


@require_POST
@for_account(Operation.VIEW_CREATE)
def view_create(request, account):
    form = SharedViewForm(request.POST)
    made = made_once(request, lambda: _add(request, account, form))
    if made:
        return _answer(request, account, f"{made} is added.", made)
    if request.htmx:
        context = {"view_form": form}
        response = render(request, "sharing/_views.html#new_view", context, status=422)
        return retarget(response, "#new-view")
    return render(request, TEMPLATE, page(request, account, view_form=form), status=422)


def _add(request, account, form):
    return form.is_valid() and form.add(account=account, by=Actor.of(request))


@ask_and_do
@for_account(Operation.VIEW_EDIT)
def view_edit(request, account, pk):
    view = get_object_or_404(account.shared_views, pk=pk)
    form = EditSharedViewForm(posted(request), view=view)
    if form.is_valid():
        sent = view.values
        form.save(by=Actor.of(request))
        undo = _undoing(view, "edit", **sent, version=view.version)
        return _answer(request, account, f"{view} is changed.", view, undo=undo)
    return _ask(request, "sharing/view_edit.html", form)


@ask_and_do
@for_account(Operation.VIEW_DELETE)
def view_delete(request, account, pk):
    view = get_object_or_404(account.shared_views, pk=pk)
    form = DeleteSharedViewForm(posted(request), view=view)
    if form.is_valid():
        sent = view.values | {"before": _next_after(account, view)}
        form.delete(by=Actor.of(request))
        undo = _undoing(view, "create", **sent)
        return _answer(request, account, f"{view} is deleted.", undo=undo)
    return _ask(request, "sharing/view_delete.html", form)


@require_POST
@for_account(Operation.VIEW_EDIT)
def view_up(request, account, pk):
    return _move(request, account, pk, UP, back="down")


@require_POST
@for_account(Operation.VIEW_EDIT)
def view_down(request, account, pk):
    return _move(request, account, pk, DOWN, back="up")


def _move(request, account, pk, places, *, back):
    view = get_object_or_404(account.shared_views, pk=pk)
    is_moved = view.move(places, by=Actor.of(request))
    undo = _undoing(view, back) if is_moved else None
    return _answer(request, account, f"{view} is moved.", undo=undo)


def _next_after(account, view):
    """Return the id of the view below one, empty when it is the last."""
    ids = [*account.shared_views.values_list("pk", flat=True), ""]
    return ids[ids.index(view.pk) + 1]


def _undoing(view, verb, **fields):
    ids = [view.account_id] if verb == "create" else [view.account_id, view.pk]
    url = reverse(f"sharing:view_{verb}", args=ids)
    return Undo(url, "#views", fields)


def _ask(request, template, form):
    context = {"form": form, "view": form.view}
    return render(request, template, context, status=status_of(form))


def _answer(request, account, text, highlighted=None, *, undo=None):
    """Answer with all the views: what one does to one shows in the others."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("sharing:list", account.pk)
    context = about_views(request, account)
    context |= {"text": text, "changed": highlighted, "undo": undo}
    response = render(request, "sharing/_views.html#answer", context)
    return trigger_client_event(response, "tollgate:close")
