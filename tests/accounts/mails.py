"""How tests read mails."""


def said(mail):
    """Return what a mail says as text, without its lines."""
    return " ".join(mail.body.split())
