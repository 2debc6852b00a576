"""Whose token is this: for staff, when one was found where it should not be."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.permissions import require, staff_only
from accounts.relations import relations
from tokens.forms.changes import DisableForm
from tokens.models import Token
from tokens.permissions import operation, why_stopped
from tokens.search_text import FindForm
from tokens.verification import find

UNKNOWN = "No token of this installation has this secret."
NO_SECRET = "This is not a whole token. Paste all of it, from the prefix to the end."
TOKENS = Token.objects.select_related("account__organisation")


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only
def whose_find(request):
    if request.method != "POST":
        return render(request, "tokens/whose.html")
    form = FindForm(request.POST)
    secret = form.is_valid() and form.secret
    token = secret and find(secret)
    if token:
        return redirect("tokens:whose_token", token.pk)
    # Said, not kept: what was pasted does not come back into the page.
    context = {"problem": UNKNOWN if secret else NO_SECRET}
    return render(request, "tokens/whose.html", context, status=422)


@require_safe
@staff_only
def whose_token(request, pk):
    token = get_object_or_404(TOKENS.all(), pk=pk)
    form = DisableForm(token=token, must_explain=True)
    return render(request, "tokens/whose.html", _about(token, form))


@require_POST
@staff_only
def whose_disable(request, pk):
    token = get_object_or_404(TOKENS.all(), pk=pk)
    if token.account:
        related = relations(request.user, token.account)
        require(related, operation(token.kind, "disable"), token.account)
    form = DisableForm(request.POST, token=token, must_explain=True)
    if not form.is_valid():
        return render(request, "tokens/whose.html", _about(token, form), status=422)
    form.disable(by=Actor.of(request))
    messages.success(request, f"{token.name} is disabled.")
    return redirect("tokens:whose_token", token.pk)


def _about(token, form):
    stops = not token.disabled_at and not token.deleted_at and not token.rule.is_single
    return {
        "token": token,
        "form": form if stops else None,
        "why_stopped": why_stopped(token),
    }
