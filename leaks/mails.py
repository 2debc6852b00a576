"""Mails about tokens that were found; none says more of a secret than its beginning."""

from accounts import mail
from accounts.models import User
from accounts.names import quoted
from leaks.models import ReportOutcome
from tokens.kind_pages import page_of

TEMPLATE = "leaks/mail/leaked.html"
# What is left to do for whoever gets the mail.
ADVICE = {
    ReportOutcome.TOLD: "Whoever found it may use it. Rotate it, or disable it, as soon as its "
    "senders allow.",
    ReportOutcome.DISABLED: "Requests with it are refused. Give what used it another token, or "
    "rotate it before you enable it again.",
    ReportOutcome.ROTATED: "Requests with the secret that was found are refused. Copy the new "
    "one into what uses the token.",
    ReportOutcome.ENDED: "Requests with the old secret are refused, and the new one works on.",
}


def send_leaked(token, leak):
    """Tell the admins of a token's account, or staff."""
    subject = f"{quoted(token.name)} was found where it should not be"
    context = {
        "token": token,
        "leak": leak,
        "advice": ADVICE[leak.outcome],
        "page": mail.link(page_of(token)),
    }
    if token.account:
        mail.send_to_admins(token.account, subject, TEMPLATE, **context)
        return
    for email in _staff():
        mail.send(email, subject, TEMPLATE, **context)


def _staff():
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("email")
    return staff.values_list("email", flat=True)[: mail.MOST_ADMINS]
