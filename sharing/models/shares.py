from django.db import models, transaction

from accounts.locks import locked, repeated
from accounts.models import Action
from accounts.refusals import Refused, Stale
from sharing.models.filters import Filter
from sharing.scope import EVERYTHING, Operator, scope, widens
from tokens.kinds import Kind
from tokens.models import Token


class Share(models.Model):
    """What a shared token shows: its account's logs, narrowed by filters."""

    token = models.OneToOneField(
        Token, on_delete=models.CASCADE, primary_key=True, related_name="share"
    )
    operator = models.CharField(max_length=3, choices=Operator, default=Operator.AND)
    # Without filters a link shows the whole account: only when somebody ticked it.
    shows_everything = models.BooleanField(default=False)
    filters = models.ManyToManyField(Filter, blank=True, related_name="shares")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(operator__in=Operator.values),
                name="share_operator_known",
            )
        ]

    def __str__(self):
        return f"share of {self.token}"

    @classmethod
    @repeated
    def issue(
        cls, *, account, name, by, filters, operator, shows_everything, expires_at
    ):
        """Make a shared token and return its Share and its Secret."""
        _check_tick(filters, shows_everything)
        with transaction.atomic(), locked(account):
            filters = _still_there(account, filters)
            token, secret = Token.issue(
                account=account,
                kind=Kind.SHARED,
                name=name,
                by=by,
                expires_at=expires_at,
            )
            share = cls.objects.create(
                token=token,
                operator=operator,
                shows_everything=shows_everything and not filters,
            )
            share.filters.set(filters)
            share._record(Action.SHARE_CHANGED, by, changes=share._described())
        return share, secret

    @property
    def scope(self):
        """What the link shows; see sharing.scope."""
        return self.scope_with([each.clause for each in self.filters.all()])

    def scope_with(self, clauses):
        if not clauses and self.shows_everything:
            return EVERYTHING
        return scope(clauses, self.operator)

    def widens_without(self, filter_):
        kept = [each for each in self.filters.all() if each.pk != filter_.pk]
        if not kept:
            return True
        return widens(self.scope, self.scope_with([each.clause for each in kept]))

    @property
    def is_unnarrowed(self):
        return self.scope == EVERYTHING

    @repeated
    def narrow(self, *, filters, operator, shows_everything, by, version=None):
        """Attach and detach filters; it holds at once for links already sent.

        `version` is the token's. Widening is its own audit event.
        """
        _check_tick(filters, shows_everything)
        with transaction.atomic(), locked(self.token.account):
            self._read_again(version)
            filters = _still_there(self.token.account, filters)
            before, described = self.scope, self._described()
            self.operator = operator
            self.shows_everything = shows_everything and not filters
            self.save(update_fields=["operator", "shows_everything"])
            self.filters.set(filters)
            changes = _difference(described, self._described())
            if changes:
                self._touch(by)
                self._record(Action.SHARE_CHANGED, by, changes=changes)
            if widens(before, self._fresh_scope()):
                self.record_widened(by, because="filters were changed")

    @repeated
    def resume(self, *, by, version=None):
        """Resume a paused link; refused while nothing says what it may show."""
        with transaction.atomic(), locked(self.token.account):
            self._read_again(version)
            if not self._fresh_scope():
                raise Refused(
                    "no_filters",
                    "This token has no filters. Attach one, or tick that it may show "
                    "everything, before it is resumed.",
                )
            self.token.enable(by=by, version=version)

    def pause_for(self, reason, *, by):
        """Pause the token for a reason; a deleted one is paused for its restore."""
        token = self.token
        if token.is_standing:
            token.disable(by=by, reason=reason)
        elif not token.disabled_at:
            token.disable_deleted(by=by, reason=reason)

    def record_widened(self, by, *, because):
        self._record(Action.SHARE_WIDENED, by, because=because)

    def _fresh_scope(self):
        return self.scope_with([each.clause for each in self.filters.order_by("pk")])

    def _read_again(self, version):
        self.refresh_from_db()
        self.token.refresh_standing()
        if version is not None and version != self.token.version:
            raise Stale(self.token.name)

    def _touch(self, by):
        self.token.touch(by=by)

    def _described(self):
        names = [str(each) for each in self.filters.order_by("pk")]
        return [
            ["filters", None, names],
            ["operator", None, self.operator],
            ["shows_everything", None, self.shows_everything],
        ]

    def _record(self, action, by, **data):
        self.token.record(action, by, **data)


def _check_tick(filters, shows_everything):
    if not filters and not shows_everything:
        raise Refused(
            "filters_required",
            "Choose at least one filter, or tick that the link may show everything.",
            field="filters",
        )


def _still_there(account, filters):
    """Return the filters as they are now; raises Refused when one is gone."""
    wanted = {each.pk for each in filters}
    found = list(account.filters.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise Refused(
            "filter_gone", "One of the filters was deleted meanwhile.", field="filters"
        )
    return found


def _difference(before, after):
    return [
        [name, old, new]
        for (name, _, old), (_, _, new) in zip(before, after, strict=True)
        if old != new
    ]
