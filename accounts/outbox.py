"""Sending mails: a worker takes them from the database, after the request is done.

Whose turn a mail is is settled in the database, and held on to as long as sending takes:
a mail server may be as slow as it likes. One that dies between sending a mail and saying
so leaves a mail that is sent once more, under the same Message-ID.
"""

import logging
import threading
from contextlib import contextmanager
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.crypto.envelope import Sealed
from accounts.mail_bodies import Mail
from accounts.models import OutgoingMail

# After that another worker takes over from one that died over it.
LEASE = timedelta(minutes=2)
RENEWED_EVERY = 30.0

logger = logging.getLogger(__name__)
# Set when there is something to send in this process.
woken = threading.Event()


def post(mail):
    """Keep a Mail to be sent, in the transaction that is under way."""
    [(html, _)] = mail.alternatives
    [address] = mail.to
    OutgoingMail.objects.keep(address, subject=mail.subject, text=mail.body, html=html)
    when_committed()


def when_committed():
    transaction.on_commit(woken.set)


def deliver_due():
    """Send what is due; after a failure the others wait for the next time.

    Mostly it is the mail server that is away, for all of them.
    """
    while mail := OutgoingMail.objects.take(LEASE):
        if not deliver(mail):
            return


def deliver_own():
    """Send what is due if this process has made any of it."""
    if woken.is_set():
        deliver_due()


def deliver(mail):
    """Send a mail that is the caller's; returns whether the mail server is to be asked on."""
    try:
        with held(mail):
            message_of(mail).send()
    except (OSError, Sealed) as error:
        mail.put_off(f"{type(error).__name__}: {error}")
        logger.warning(
            "The mail to %s could not be sent: %s", mail.address, mail.answer
        )
        return isinstance(error, SMTPRecipientsRefused)
    mail.delete()
    return True


def message_of(kept):
    """Return the Mail that was kept."""
    content = kept.content
    headers = {"Message-ID": kept.message_id}
    mail = Mail(content["subject"], content["text"], to=[kept.address], headers=headers)
    mail.attach_alternative(content["html"], "text/html")
    return mail


@contextmanager
def held(mail):
    """Keep a mail's turn for as long as this lasts."""
    over = threading.Event()
    renewing = threading.Thread(target=renew, args=(mail, over), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()


def renew(mail, over):
    while not over.wait(RENEWED_EVERY):
        try:
            mail.hold(timezone.now() + LEASE)
        except DatabaseError as error:
            logger.warning("A mail's turn could not be kept: %s", error)
        finally:
            connection.close()


def forget():
    """Remove what was given up long ago; returns what it was, in words."""
    count, _ = OutgoingMail.objects.forgettable().delete()
    return f"{count} mails that could not be sent"
