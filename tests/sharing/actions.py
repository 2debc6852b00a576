"""What can be done to the tokens and filters of an account, each beside its model."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from accounts.models import AuditEvent
from accounts.rule_violations import RuleViolation
from sharing.models import Filter, Share
from tests.factories import BY, MainFactory
from tests.sharing.lines import CLAUSES
from tests.sharing.reference import NAMES, RefAccount, RefToken
from tokens.kinds import Kind
from tokens.models import Token

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
OVERLAP = timedelta(hours=24)
names = st.sampled_from(sorted(NAMES))
clauses = st.sampled_from(sorted(CLAUSES))
operators = st.sampled_from(["AND", "OR"])
picks = st.integers(0, 30)
lifetimes = st.sampled_from([None, 1, 7, 90])


class Actions(RuleBasedStateMachine):
    @initialize()
    def found(self):
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(START, tick=False))
        self.stack.enter_context(transaction.atomic())
        self.account = MainFactory()
        self.model = RefAccount()
        self.seen_events = AuditEvent.objects.latest("pk").pk
        self.scopes = {}
        self.homes = {}
        default = self.account.tokens.get()
        secret = default.secrets.get().open().reveal()
        self.model.tokens[default.pk] = RefToken("logs", "default", None, [secret])
        for clause in sorted(CLAUSES)[1:3]:
            self.add_filter(clause)
        for operator in ("AND", "OR"):
            self.issue_link(f"link {operator}", 7, {0, 1}, operator)

    def teardown(self):
        if hasattr(self, "stack"):
            transaction.set_rollback(True)
            self.stack.close()

    @property
    def now(self):
        return timezone.now()

    def pick(self, number, *, deleted=False, kind=None):
        """Return the id, the token and the model of one token, if there is one."""
        found = [
            (pk, ref)
            for pk, ref in sorted(self.model.tokens.items())
            if bool(ref.deleted_at) == deleted and kind in (None, ref.kind)
        ]
        if not found:
            return None
        pk, ref = found[number % len(found)]
        return pk, Token.objects.get(pk=pk), ref

    def pick_filters(self, numbers):
        pks = sorted(self.model.filters)
        return {pks[number % len(pks)] for number in numbers} if pks else set()

    def tried(self, refusal, action):
        """Do it; return whether it was done. It must be refused for that reason."""
        if refusal is None:
            self.done = action()
            return True
        with pytest.raises(RuleViolation) as caught, transaction.atomic():
            action()
        assert caught.value.code == refusal
        return False

    def expiry(self, days):
        return self.now + timedelta(days=days) if days else None

    @rule(name=names, days=lifetimes)
    def issue_log_token(self, name, days):
        ref = RefToken("logs", name, self.expiry(days), [])
        fields = {"kind": Kind.LOGS, "name": name, "expires_at": ref.expires_at}
        if self.tried(
            self.model.refusal_of_new(ref, self.now),
            lambda: Token.issue(account=self.account, by=BY, **fields),
        ):
            token, secret = self.done
            ref.secrets.append(secret.reveal())
            self.model.tokens[token.pk] = ref

    def issue_link(self, name, days, numbers, operator):
        chosen = self.pick_filters(numbers)
        ref = RefToken("shared", name, self.expiry(days), [], chosen, operator)
        ref.everything = not chosen
        if self.tried(
            self.model.refusal_of_new(ref, self.now),
            lambda: Share.issue(
                account=self.account,
                name=name,
                by=BY,
                expires_at=ref.expires_at,
                **self.choice(ref),
            ),
        ):
            share, secret = self.done
            ref.secrets.append(secret.reveal())
            self.model.tokens[share.pk] = ref

    @rule(
        name=names,
        days=st.sampled_from([1, 7]),
        numbers=st.sets(picks, max_size=3),
        operator=operators,
    )
    def issue_one_more_link(self, name, days, numbers, operator):
        self.issue_link(name, days, numbers, operator)

    def choice(self, ref):
        return {
            "filters": list(Filter.objects.filter(pk__in=ref.filters)),
            "operator": ref.operator,
            "shows_everything": ref.everything,
        }

    @rule(number=picks, name=names)
    def rename(self, number, name):
        _, token, ref = self.pick(number)
        if token.name == name:
            return
        if self.tried(
            self.model.refusal_of_name(ref, name), lambda: token.rename(name, by=BY)
        ):
            ref.name = name

    @rule(number=picks)
    def disable(self, number):
        _, token, ref = self.pick(number)
        refusal = self.model.refusal_of_stop(ref, self.now)
        if self.tried(refusal, lambda: token.disable(by=BY)):
            ref.disabled = True

    @rule(number=picks)
    def enable(self, number):
        _, token, ref = self.pick(number)
        refusal = ref.disabled and self.model.refusal_of_life(ref, self.now)
        if self.tried(refusal or None, lambda: token.enable(by=BY)):
            ref.disabled = False

    @rule(number=picks, overlap=st.sampled_from([timedelta(0), OVERLAP]))
    def rotate(self, number, overlap):
        _, token, ref = self.pick(number)
        secret = token.rotate(by=BY, overlap=overlap)
        ref.secrets = [secret.reveal()]

    @rule(number=picks, days=lifetimes)
    def set_expiry(self, number, days):
        _, token, ref = self.pick(number)
        expires_at = self.expiry(days)
        if expires_at == ref.expires_at:
            return
        refusal = self.model.refusal_of_expiry(ref, expires_at, self.now)
        if self.tried(refusal, lambda: token.set_expiry(expires_at, by=BY)):
            ref.expires_at = expires_at

    @rule(number=picks)
    def delete(self, number):
        _, token, ref = self.pick(number)
        refusal = self.model.refusal_of_stop(ref, self.now)
        if self.tried(refusal, lambda: token.delete_softly(by=BY)):
            ref.deleted_at = self.now

    @precondition(lambda self: self.pick(0, deleted=True))
    @rule(number=picks)
    def restore(self, number):
        _, token, ref = self.pick(number, deleted=True)
        refusal = self.model.refusal_of_restore(ref, self.now)
        if self.tried(refusal, lambda: token.restore(by=BY)):
            ref.deleted_at = None
            ref.disabled |= self.model.is_full(ref, self.now)

    @rule(days=st.sampled_from([1, 5, 31]))
    def let_time_pass(self, days):
        self.clock.shift(timedelta(days=days))

    def add_filter(self, clause):
        field, value = clause
        made = Filter.add(account=self.account, field=field, value=value, by=BY)
        self.model.filters[made.pk] = clause

    @rule(clause=clauses)
    def add_one_more_filter(self, clause):
        self.add_filter(clause)

    @precondition(lambda self: self.model.filters)
    @rule(number=picks, clause=clauses)
    def edit_filter(self, number, clause):
        (pk,) = self.pick_filters([number])
        field, value = clause
        Filter.objects.get(pk=pk).edit(by=BY, field=field, value=value)
        self.model.filters[pk] = clause

    @precondition(lambda self: self.model.filters)
    @rule(number=picks)
    def delete_filter(self, number):
        (pk,) = self.pick_filters([number])
        Filter.objects.get(pk=pk).delete_narrowing(by=BY)
        self.model.lose_filter(pk)

    @precondition(lambda self: self.pick(0, kind="shared"))
    @rule(number=picks, numbers=st.sets(picks, max_size=3), operator=operators)
    def attach_and_detach(self, number, numbers, operator):
        pk, _, ref = self.pick(number, kind="shared")
        ref.filters, ref.operator = self.pick_filters(numbers), operator
        ref.everything, ref.lost = not ref.filters, False
        Share.objects.get(pk=pk).narrow(by=BY, **self.choice(ref))
