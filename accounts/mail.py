"""Mails to people. None of them carries a secret of a token."""

from contextlib import contextmanager
from smtplib import SMTPRecipientsRefused

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.mail_bodies import compose
from accounts.models import Membership
from accounts.names import quoted
from accounts.rule_violations import Unavailable

MOST_ADMINS = 20


def send_invitation(membership, inviter):
    """Mail a new person the link where they choose a password."""
    _send_added(membership, inviter, _password_link(membership.user), is_new=True)


def send_added(membership, inviter):
    _send_added(membership, inviter, link(reverse("accounts:home")), is_new=False)


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

    It counts as sent when anybody was reached: one bad address holds nobody up. Returns
    how many were; raises Unavailable when it could be sent to nobody.
    """
    failure, reached = None, 0
    for membership in Membership.objects.caretakers(account).entered()[:MOST_ADMINS]:
        try:
            email = membership.user.email
            send(email, subject, template, account=account, **context)
            reached += 1
        except Unavailable as error:
            failure = error
            if not isinstance(error.__cause__, SMTPRecipientsRefused):
                break
    if failure and not reached:
        raise failure
    return reached


def _send_added(membership, inviter, link, *, is_new):
    account = quoted(membership.account.name)
    send(
        membership.user.email,
        f"You were added to {account}",
        "accounts/mail/added.html",
        account=account,
        inviter=inviter,
        role=membership.get_role_display(),
        link=link,
        is_new=is_new,
    )


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
    """Mail somebody what a template says; raises Unavailable when that fails."""
    context |= {
        "portal": link("/"),
        "days": int(settings.PASSWORD_RESET_TIMEOUT // 86_400),
    }
    with mailing(address):
        compose(address, subject, template, context).send()


@contextmanager
def mailing(address):
    """Turn what a mail server can do wrong into an answer for people."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "mail_failed", f"The mail to {address} could not be sent. Try again later."
        ) from error
