"""Managing the dashboards that links open."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from accounts.web.resubmission import made_once
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
        response = render(request, "sharing/views.html#new_view", context, status=422)
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
        form.save(by=Actor.of(request))
        return _answer(request, account, f"{view} is changed.", view)
    return _ask(request, "sharing/view_edit.html", form)


@ask_and_do
@for_account(Operation.VIEW_DELETE)
def view_delete(request, account, pk):
    view = get_object_or_404(account.shared_views, pk=pk)
    form = DeleteSharedViewForm(posted(request), view=view)
    if form.is_valid():
        form.delete(by=Actor.of(request))
        return _answer(request, account, f"{view} is deleted.")
    return _ask(request, "sharing/view_delete.html", form)


@require_POST
@for_account(Operation.VIEW_EDIT)
def view_up(request, account, pk):
    return _move(request, account, pk, UP)


@require_POST
@for_account(Operation.VIEW_EDIT)
def view_down(request, account, pk):
    return _move(request, account, pk, DOWN)


def _move(request, account, pk, places):
    view = get_object_or_404(account.shared_views, pk=pk)
    view.move(places, by=Actor.of(request))
    return _answer(request, account, f"{view} is moved.")


def _ask(request, template, form):
    context = {"form": form, "view": form.view}
    return render(request, template, context, status=status_of(form))


def _answer(request, account, text, highlighted=None):
    """Answer with all the views: what one does to one shows in the others."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("sharing:list", account.pk)
    context = about_views(request, account) | {"text": text, "changed": highlighted}
    response = render(request, "sharing/view_answer.html", context)
    return trigger_client_event(response, "tollgate:close")
