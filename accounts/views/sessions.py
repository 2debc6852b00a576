"""The browsers that are signed in as oneself; allauth has the page that lists them."""

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.permissions import about_oneself
from accounts.web.browsers import named


@require_POST
@about_oneself
def session_end(request, pk):
    """Sign one other browser out; for this one there is *Sign out*."""
    mine = UserSession.objects.filter(user=request.user)
    others = mine.exclude(session_key=request.session.session_key)
    if session := others.filter(pk=pk).first():
        get_adapter().end_sessions([session])
        messages.success(request, f"{named(session.user_agent)} is signed out.")
    else:
        messages.info(request, "That browser was signed out already.")
    return redirect("usersessions_list")
