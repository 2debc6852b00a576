"""Invariants that no constraint of the database states already.

Numbers are those of the security promises. Each function yields a sentence for each
violation.
"""

from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.audit.trail import verify_all
from accounts.models import LOG_KINDS, Account, AccountKind, Membership
from tokens.kinds import RULES, SHIPPED_TO, Kind
from tokens.limits import limit
from tokens.models import StoredSecret, Token
from tokens.reencryption import check_secrets

CLOCKS_DIFFER_BY = timedelta(seconds=1)


def shipping_accounts_have_a_token():
    """I1: an enabled shipping token that does not expire."""
    for kind, shipping in SHIPPED_TO.items():
        own = Token.objects.never_expiring().filter(
            account=OuterRef("pk"), kind=shipping
        )
        accounts = Account.objects.running().of_kind(kind)
        for account in accounts.exclude(Exists(own)):
            yield f"account {account.pk} ({account}) has no shipping token that never expires"


def limits_hold():
    """I2: no more enabled log tokens than the plan allows when they were enabled."""
    counted = Token.objects.enabled().filter(kind=Kind.LOGS).values("account")
    counts = dict(counted.annotate(n=Count("pk")).values_list("account", "n"))
    many = [pk for pk, count in counts.items() if count > 1]
    accounts = Account.objects.filter(pk__in=many, kind__in=LOG_KINDS)
    for account in accounts.select_related("organisation"):
        if counts[account.pk] > limit(account):
            yield (
                f"account {account.pk} ({account}) has {counts[account.pk]} enabled "
                f"log tokens, its plan allows {limit(account)}"
            )


def secrets_open():
    """I4 and I5: each envelope opens in its row and gives the row's digest."""
    for pk in check_secrets()[1]:
        yield f"secret {pk} does not open, or is found by another digest"
    bare = ~Exists(StoredSecret.objects.current().filter(token=OuterRef("pk")))
    for token in Token.objects.filter(bare):
        yield f"token {token.pk} has no current secret"


def overlaps_are_told():
    """I15: a token says until when another secret than the current one works."""
    silent = StoredSecret.objects.overlapping().exclude(
        token__overlap_until__gte=F("valid_until")
    )
    for secret in silent.order_by("pk"):
        yield f"secret {secret.pk} works longer than token {secret.token_id} says"


def audit_is_whole():
    """I6: every chain of audit events is unbroken."""
    for chain, place in verify_all():
        if place is not None:
            yield f"the {chain} is broken at event {place}"


def kinds_fit_accounts():
    """I7: no token of a kind that its account cannot have."""
    for kind, rule in RULES.items():
        misplaced = Token.objects.filter(kind=kind).exclude(account=None)
        for token in misplaced.exclude(account__kind__in=rule.lives_in):
            yield f"token {token.pk} of kind {kind} is in account {token.account_id}"


def accounts_have_admins():
    """I8: an admin, of the account or of its main account, who is active or invited."""
    admins = Membership.objects.awaited_admins()
    own = Q(account=OuterRef("pk"))
    main = Q(
        account__kind=AccountKind.MAIN,
        account__organisation=OuterRef("organisation"),
    )
    for account in Account.objects.running().exclude(Exists(admins.filter(own | main))):
        yield f"account {account.pk} ({account}) has no active admin"


def tokens_stay_in_their_organisation():
    """I9: a token's organisation is its account's."""
    stray = Token.objects.exclude(account=None)
    for token in stray.exclude(organisation=F("account__organisation")):
        yield f"token {token.pk} is not of its account's organisation"


def last_use_is_past():
    """I14: nothing was last used in the future."""
    soon = timezone.now() + CLOCKS_DIFFER_BY
    for token in Token.objects.filter(last_used_at__gt=soon):
        yield f"token {token.pk} was last used in the future"


INVARIANTS = (
    shipping_accounts_have_a_token,
    limits_hold,
    secrets_open,
    overlaps_are_told,
    audit_is_whole,
    kinds_fit_accounts,
    accounts_have_admins,
    tokens_stay_in_their_organisation,
    last_use_is_past,
)
