"""Policies: what the admins of a main account decide for their whole organisation."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from leaks.forms import LeakPolicyForm
from leaks.models import set_policy, stops_at_once

TEMPLATE = "leaks/policies.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.POLICY_EDIT)
def policies(request, account):
    stops = stops_at_once(account.organisation_id)
    posted = request.POST if request.method == "POST" else None
    form = LeakPolicyForm(posted, initial={"stops_at_once": "yes" if stops else ""})
    if form.is_valid():
        wanted = form.cleaned_data["stops_at_once"]
        set_policy(account, stops=wanted, by=Actor.of(request))
        messages.success(
            request, "The policy is saved. It holds for what is found next."
        )
        return redirect("leaks:policies", account.pk)
    return render(request, TEMPLATE, {"form": form}, status=status_of(form))
