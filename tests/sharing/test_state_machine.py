"""Any order of actions on the tokens and filters of an account, against a small model.

The numbers in the names of the invariants are those of the security promises.
"""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from accounts.audit.trail import verify as first_broken
from accounts.crypto.envelope import Sealed, unseal
from accounts.crypto.keys import keyring
from accounts.models import Action, AuditChain, AuditEvent
from accounts.plans import ENTITLEMENTS, Plan
from sharing.models import Share
from sharing.scope import widens
from tests.environment import examples
from tests.sharing.actions import Actions
from tests.sharing.lines import LINES, shown
from tests.sharing.reference import LIMIT
from tokens.kinds import Kind
from tokens.models import StoredSecret
from tokens.permissions import USES
from tokens.secrets import digest
from tokens.verification import verify

CHANGES = {
    Action.TOKEN_RENAMED,
    Action.TOKEN_ENABLED,
    Action.TOKEN_DISABLED,
    Action.TOKEN_ROTATED,
    Action.TOKEN_EXPIRY_CHANGED,
    Action.TOKEN_DELETED,
    Action.TOKEN_RESTORED,
    Action.SHARE_CHANGED,
}


class AccountMachine(Actions):
    @invariant()
    def i3_i9_i13_tokens_are_those_of_the_model(self):
        tokens = list(self.account.tokens.all())
        changes = Counter(
            AuditEvent.objects.filter(
                account=self.account, action__in=CHANGES
            ).values_list("token_id", flat=True)
        )
        for token in tokens:
            ref = self.model.tokens[token.pk]
            works = token.state in ("active", "rotating")
            assert works == ref.works(self.now), (token.name, token.state)
            assert (token.name, token.disabled_at is None) == (
                ref.name,
                not ref.disabled,
            )
            home = (token.account_id, token.organisation_id, token.kind)
            assert self.homes.setdefault(token.pk, home) == home
            made_with_filters = token.kind == Kind.SHARED
            assert token.version == 1 + changes[token.pk] - made_with_filters
        keys = [
            (token.kind, token.name_key) for token in tokens if token.is_not_deleted
        ]
        assert len(set(keys)) == len(keys)

    @invariant()
    def i1_i2_an_account_can_always_ship_within_its_limit(self):
        logs = self.account.tokens.of_kind(Kind.LOGS)
        assert logs.never_expiring().exists()
        assert logs.enabled().count() <= LIMIT

    @invariant()
    def i4_i5_secrets_open_in_their_own_row_only(self):
        tokens = self.account.tokens.values("pk")
        rows = list(
            StoredSecret.objects.filter(token__in=tokens).select_related("token")
        )
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
            assert digest(row.open(), keyring("index").active_subkey) == bytes(
                row.lookup
            )
            if row != other:
                with pytest.raises(Sealed):
                    unseal(row.envelope, *other.context)

    @invariant()
    def i6_the_chain_of_events_is_whole(self):
        chain = AuditChain.objects.get(organisation=self.account.organisation_id)
        assert first_broken(chain) is None

    @invariant()
    def i10_links_show_what_the_model_says_and_widen_with_an_event(self):
        told = AuditEvent.objects.filter(
            account=self.account, action=Action.SHARE_WIDENED, pk__gt=self.seen_events
        )
        widened = set(told.values_list("token_id", flat=True))
        shares = Share.objects.filter(token__account=self.account)
        for share in shares.prefetch_related("filters"):
            lines = self.model.lines(self.model.tokens[share.pk])
            assert shown(share.scope, LINES) == lines
            before = self.scopes.get(share.pk, share.scope)
            assert (share.pk in widened) == widens(before, share.scope)
            self.scopes[share.pk] = share.scope
        self.seen_events = AuditEvent.objects.latest("pk").pk

    @invariant()
    def i11_only_working_tokens_open_something(self):
        for pk, ref in self.model.tokens.items():
            (use,) = USES[ref.kind]
            found = verify(ref.secrets[-1], use)
            assert (found and found.pk) == (pk if ref.works(self.now) else None)


@pytest.mark.walk
@pytest.mark.django_db
def test_any_order_of_actions_keeps_the_promises(monkeypatch):
    few = replace(ENTITLEMENTS[Plan.PRO], enabled_log_tokens=LIMIT)
    monkeypatch.setitem(ENTITLEMENTS, Plan.PRO, few)

    run_state_machine_as_test(
        AccountMachine,
        settings=settings(
            max_examples=examples(9),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
