"""I found a token: for people without a login, who learn nothing but that it arrived."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rate_limits.attempts import enter_form
from accounts.web.form_status import status_of
from leaks.forms import FoundForm
from leaks.reporting import Reporter, keep

TEMPLATE = "leaks/found.html"
STRANGER = "somebody without a login"


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
@sensitive_post_parameters()
def found(request):
    if request.method != "POST":
        return render(request, TEMPLATE, {"form": FoundForm()})
    form = FoundForm(request.POST)
    try:
        if form.is_valid():
            enter_form(request)
            keep(form.findings(), Reporter.of(request, STRANGER))
            return redirect("leaks:thanks")
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return render(request, TEMPLATE, {"form": form}, status=status_of(form))


@require_safe
@login_not_required
def thanks(request):
    return render(request, TEMPLATE, {"sent": True})
