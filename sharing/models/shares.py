from django.db import models, transaction
from django.utils.text import Truncator

from accounts.audit.changes import changes_between
from accounts.locks import locked, repeated
from accounts.models import Action
from accounts.rule_violations import Gone, RuleViolation, Stale
from sharing.header_lengths import check_length
from sharing.models.filters import Filter
from sharing.scope import EVERYTHING, NOTHING, Operator, scope, widens
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import as_written
from tokens.policies.checks import check_filters


class Share(models.Model):
    """The share of a token: its account's logs, narrowed by filters."""

    token = models.OneToOneField(
        Token, on_delete=models.CASCADE, primary_key=True, related_name="share"
    )
    operator = models.CharField(max_length=3, choices=Operator, default=Operator.AND)
    # Without filters a link shows the whole account: only when somebody ticked it.
    shows_everything = models.BooleanField(default=False)
    filters = models.ManyToManyField(Filter, blank=True, related_name="shares")
    # A filter that was deleted and held something back. What is left says more than
    # anybody decided, so the link shows nothing until somebody decides anew.
    lost_filter = models.TextField(blank=True)
    # How often somebody came in by the link.
    visits = models.PositiveBigIntegerField(db_default=0)

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
        cls,
        *,
        account,
        name,
        by,
        filters,
        operator,
        shows_everything,
        expires_at,
        note="",
        secret=None,
        networks=(),
        calls_per_minute=None,
    ):
        """Make a shared token and return its Share and its Secret.

        A `secret` is given for one that moves in from elsewhere.
        """
        _check_choice(filters, shows_everything)
        with transaction.atomic(), locked(account):
            filters = _still_there(account, filters)
            _check_length(filters, operator)
            if secret is None:
                check_filters(account, shows_everything=shows_everything)
            token, secret = Token.issue(
                account=account,
                kind=Kind.SHARED,
                name=name,
                note=note,
                by=by,
                expires_at=expires_at,
                secret=secret,
                networks=networks,
                calls_per_minute=calls_per_minute,
            )
            share = cls.objects.create(
                token=token, operator=operator, shows_everything=shows_everything
            )
            share.filters.set(filters)
            changes = [
                [name, None, value] for name, value in share._described().items()
            ]
            token.record(Action.SHARE_CHANGED, by, changes=changes)
        return share, secret

    @property
    def scope(self):
        """The scope of the link while its token works; see sharing.scope."""
        return self.scope_with(each.clause for each in self.filters.all())

    def scope_with(self, clauses):
        if self.lost_filter:
            return NOTHING
        return EVERYTHING if self.shows_everything else scope(clauses, self.operator)

    def clauses_without(self, filter_):
        return [each.clause for each in self.filters.all() if each.pk != filter_.pk]

    def widens_without(self, filter_):
        """Whether a link that nobody touched would show more without a filter."""
        if self.lost_filter:
            return False
        kept = self.clauses_without(filter_)
        # To Logz.io no filter at all means everything, so to lose the last one widens.
        return not kept or widens(self.scope, self.scope_with(kept))

    @repeated
    def edit(self, *, name, expires_at, by, version=None, **choice):
        """Change the name, the expiry and what the link shows, as far as they differ.

        `version` is the token's; `choice` is as for `narrow`.
        """
        with transaction.atomic(), locked(self.token.account):
            self._read_again(version)
            if as_written(name) != self.token.name:
                self.token.rename(name, by=by)
            if expires_at != self.token.expires_at:
                self.token.set_expiry(expires_at, by=by)
            self.narrow(by=by, **choice)

    @repeated
    def narrow(self, *, filters, operator, shows_everything, by, version=None):
        """Attach and detach filters; it holds at once for links already sent.

        Widening is its own audit event.
        """
        _check_choice(filters, shows_everything)
        with transaction.atomic(), locked(self.token.account):
            self._read_again(version)
            filters = _still_there(self.token.account, filters)
            _check_length(filters, operator)
            if not self.shows_everything:
                check_filters(self.token.account, shows_everything=shows_everything)
            before, described = self.scope, self._described()
            self.operator, self.shows_everything = operator, shows_everything
            self.lost_filter = ""
            self.save(update_fields=["operator", "shows_everything", "lost_filter"])
            self.filters.set(filters)
            if changes := changes_between(described, self._described()):
                self.token.touch(by=by)
                self.token.record(Action.SHARE_CHANGED, by, changes=changes)
            if widens(before, self.scope):
                self.record_widened(by, because="filters were changed")

    def lose(self, filter_, *, by):
        """Close the link because a filter is about to be deleted.

        A deleted token is paused too, for the day that it is restored.
        """
        self.lost_filter = str(filter_)
        self.save(update_fields=["lost_filter"])
        token = self.token
        reason = Truncator(f"Its filter {filter_} was deleted").chars(200)
        if token.disabled_at:
            token.touch(by=by)
            changes = [["lost_filter", "", self.lost_filter]]
            token.record(Action.SHARE_CHANGED, by, changes=changes)
        elif token.is_not_deleted:
            token.disable(by=by, reason=reason)
        else:
            token.disable_deleted(by=by, reason=reason)

    def count_visit(self, address, agent):
        """Note that somebody came in by the link; it takes no lock."""
        Share.objects.filter(pk=self.pk).update(visits=models.F("visits") + 1)
        self.token.note_use(address, agent)

    def record_widened(self, by, *, because):
        self.token.record(Action.SHARE_WIDENED, by, because=because)

    def _read_again(self, version):
        try:
            self.refresh_from_db()
        except Share.DoesNotExist:
            raise Gone(self.token.name) from None
        self.token.refresh_unless_deleted()
        if version is not None and version != self.token.version:
            raise Stale(self.token.name)

    def _described(self):
        # With ids, since two filters may say the same.
        filters = [f"{each} ({each.pk})" for each in self.filters.order_by("pk")]
        return {
            "filters": filters,
            "operator": self.operator,
            "shows_everything": self.shows_everything,
            "lost_filter": self.lost_filter,
        }


def _check_choice(filters, shows_everything):
    if bool(filters) == bool(shows_everything):
        raise RuleViolation(
            "choose_filters_or_everything",
            "Choose at least one filter, or tick that the link shows everything.",
            field="filters",
        )


def _check_length(filters, operator):
    shown = scope([each.clause for each in filters], operator)
    check_length(shown, "These filters", field="filters")


def _still_there(account, filters):
    """Return the filters as they are now; raises RuleViolation when one is gone."""
    wanted = {each.pk for each in filters}
    found = list(account.filters.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise RuleViolation(
            "filter_gone", "One of the filters was deleted meanwhile.", field="filters"
        )
    return found


def check_shown(token):
    """Raise RuleViolation when nobody has said what a shared token may show."""
    share = Share.objects.filter(pk=token.pk).first()
    if share and share.lost_filter:
        raise RuleViolation(
            "filter_lost",
            f"{token.name} lost its filter {Truncator(share.lost_filter).chars(80)}. "
            "Edit it and say what it may show before it is resumed.",
        )


def check_narrowed(token):
    """Raise PolicyViolation when a shared token shows more than the policy allows."""
    if token.kind == Kind.SHARED:
        shows_everything = Share.objects.filter(pk=token.pk, shows_everything=True)
        check_filters(token.account, shows_everything=shows_everything.exists())
