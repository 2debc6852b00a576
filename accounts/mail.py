"""Mails to people. None of them carries a secret of a token.

Each is kept in the database, and sent from there by accounts/outbox.py.
"""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.mail_bodies import compose
from accounts.models import Membership
from accounts.names import quoted
from accounts.outbox import post

MOST_ADMINS = 20


def send_invitation(membership):
    """Mail somebody who has a login where they accept or decline."""
    _send_invitation(membership, link(reverse("accounts:invitations")), is_new=False)


def send_welcome(membership, key):
    """Mail a new person the link where they choose a password, which is to accept."""
    path = reverse("accounts:welcome", args=[membership.pk, key])
    _send_invitation(membership, link(path), is_new=True)


def send_added(membership):
    """Mail somebody of the organisation that they belong to one more account."""
    account = quoted(membership.account.name)
    subject = f"You were added to {account}"
    context = _about(membership) | {"link": link(reverse("accounts:home"))}
    send(membership.user.email, subject, "accounts/mail/added.html", **context)


def _send_invitation(membership, link, **context):
    account = quoted(membership.account.name)
    context |= _about(membership) | {"link": link, "until": membership.invited_until}
    template = "accounts/mail/invitation.html"
    send(membership.user.email, f"You are invited to {account}", template, **context)


def _about(membership):
    return {
        "account": quoted(membership.account.name),
        "inviter": membership.invited_by,
        "role": membership.get_role_display(),
    }


def send_password_reset(user):
    """Mail a person the link where they choose a new password."""
    send(
        user.email,
        "Choose a new password",
        "accounts/mail/reset.html",
        link=_password_link(user),
    )


def send_to_admins(account, subject, template, **context):
    """Mail those who look after an account's tokens, each on their own.

    Returns how many there are.
    """
    admins = Membership.objects.caretakers(account).entered()[:MOST_ADMINS]
    for membership in admins:
        send(membership.user.email, subject, template, account=account, **context)
    return len(admins)


def _password_link(user):
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    return link(path)


def link(path):
    """Return the full address of a page; what a request came to has no part in it."""
    return settings.APP_URL.rstrip("/") + path


def send(address, subject, template, **context):
    """Mail somebody what a template says, once what is under way is committed."""
    context |= {
        "portal": link("/"),
        "days": int(settings.PASSWORD_RESET_TIMEOUT // 86_400),
    }
    post(compose(address, subject, template, context))
