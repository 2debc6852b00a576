"""What shuts a link, or was never one."""

from django.utils import timezone

from accounts.lifecycle import suspend_account
from sharing.models import Share
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import make


def unknown(share):
    share.secret_text = make(Kind.SHARED).reveal()


def malformed(share):
    share.secret_text = "tgs_nonsense"


def empty(share):
    share.secret_text = " "


def paused(share):
    share.token.disable(by=BY)


def expired(share):
    Token.objects.filter(pk=share.pk).update(expires_at=timezone.now())


def deleted(share):
    share.token.delete_softly(by=BY)


def rotated(share):
    share.token.rotate(by=BY)


def of_a_suspended_account(share):
    suspend_account(share.token.account, by=BY)


def without_a_share(share):
    Share.objects.all().delete()


def showing_nothing(share):
    Share.objects.update(shows_everything=False)


def of_another_kind(share):
    share.secret_text = TokenFactory(account=share.token.account).secret_text


SHUT = [unknown, malformed, empty, paused, expired, deleted, rotated]
SHUT += [of_a_suspended_account, without_a_share, showing_nothing, of_another_kind]
