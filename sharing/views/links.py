"""The link of a shared token, for its admin: to look at, to send."""

from functools import partial

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from sharing import links, visitors
from sharing.page_version import Pass
from sharing.views.shares import share_in
from sharing.views.visitors import LINK_CLOSED, closed, discreet, opened
from tokens.kind_pages import home_of
from tokens.secret_response import hand_out


@require_safe
@for_account(Operation.SHARED_VIEW, Operation.SHARED_LINK)
@discreet
def share_as_visitor(request, account, pk):
    """Show what a visitor sees, before the link is sent."""
    share = share_in(account, pk)
    token = share.token
    context = {"preview": True, "token": token, "back": home_of(token)}
    if visitors.is_open(token):
        return opened(
            request, token.public_id, Pass.of(share, token.expires_at), **context
        )
    return closed(request, token.public_id, LINK_CLOSED, **context)


@require_POST
@for_account(Operation.SHARED_LINK)
@never_cache
def share_link(request, account, pk):
    token = share_in(account, pk).token
    back = home_of(token)
    write = partial(links.link, page=token.public_id)
    return hand_out(request, token, back=back, write=write, given_as="link")


@require_POST
@for_account(Operation.SHARED_LINK)
@never_cache
def share_code(request, account, pk):
    """Show a QR code of the link: like copying it, it is told before it leaves."""
    share = share_in(account, pk)
    secret = share.token.reveal(by=Actor.of(request), given_as="QR code")
    context = {
        "token": share.token,
        "picture": links.picture(secret, share.token.public_id),
        "pass": Pass.of(share, share.token.expires_at),
        "is_open": visitors.is_open(share.token),
        "back": home_of(share.token),
    }
    return render(request, "sharing/code.html", context)
