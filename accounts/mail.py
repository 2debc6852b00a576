"""Mails to people about their membership. None of them carries a secret of a token."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse


def send_invitation(membership, inviter):
    """Mail a new person the link where they choose a password."""
    user = membership.user
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    _send(membership, inviter, path)


def send_added(membership, inviter):
    _send(membership, inviter, reverse("accounts:home"))


def _send(membership, inviter, path):
    context = {
        "account": membership.account,
        "inviter": inviter,
        "link": settings.APP_URL.rstrip("/") + path,
        "role": membership.get_role_display(),
        "is_new": path != reverse("accounts:home"),
        "days": int(settings.PASSWORD_RESET_TIMEOUT // 86_400),
    }
    send_mail(
        subject=f"You were added to {membership.account.name} on Tollgate",
        message=render_to_string("accounts/mail/added.txt", context),
        from_email=None,
        recipient_list=[membership.user.email],
    )
