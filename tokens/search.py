"""The search over the tokens of all accounts that a person oversees."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import FETCH_RAISE, Q, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.clock import clock
from accounts.forms.ids import IdField
from accounts.forms.pickers import AccountPicker, AccountsField
from accounts.scopes import SCOPE_LABELS
from accounts.web.pagination import ROWS_COUNTED_UP_TO, Unwritten, paginate
from tokens import health
from tokens.kinds import OF_INSTALLATION, Kind
from tokens.least_privilege import in_any_scope
from tokens.models import Token
from tokens.models.newest import ORDER, count_of_all, newest_of_all
from tokens.permissions import Sight
from tokens.states import LISTED_STATES, in_any, restricted
from tokens.usage import with_days

SORTS = {
    "account": "account__name",
    "name": "name_key",
    "kind": "kind",
    "created_at": "created_at",
    "last_used_at": "last_used_at",
    "expires_at": "expires_at",
}
STATES = [(state.value, state.label) for state in LISTED_STATES]
KINDS = [(kind.value, kind.label) for kind in Kind if kind not in OF_INSTALLATION]


class LastUse(TextChoices):
    ANY = "", "At any time, or never"
    NEVER = "never", "Never used"
    UNUSED = "unused", "Unused for 90 days"


class Restricted(TextChoices):
    ANY = "", "Restricted or not"
    YES = "yes", "Restricted"
    SCOPES = "scopes", "Kept to scopes"
    ACCOUNTS = "accounts", "Kept to accounts"
    NETWORKS = "networks", "Kept to networks"
    LIMIT = "limit", "With a limit of calls"
    NO = "no", "Not restricted"


class DayField(forms.DateField):
    """A day that stays one in every time zone."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_validators = [
        MinValueValidator(date(2000, 1, 1)),
        MaxValueValidator(date(2999, 12, 31)),
    ]


class AccountFilter(AccountPicker):
    """The picker in a form that is an address: finding more only asks the list again."""

    template_name = "tokens/_account_filter.html"
    address = ""

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, attrs) | {"address": self.address}


class SearchField(forms.BoundField):
    """A field that is written once for all pages on which nothing is asked of it."""

    def as_field_group(self):
        if self.value() or self.errors:
            return super().as_field_group()
        if self.name not in _unasked:
            _unasked[self.name] = super().as_field_group()
        return _unasked[self.name]


_unasked = {}


class TokenSearch(forms.Form):
    """The query of a page over the tokens that a person sees from an account.

    `main` is the main account, whose page is over all of them, or a child by itself.
    """

    bound_field_class = SearchField

    q = forms.CharField(label="Name or note", required=False, max_length=100)
    account = AccountsField(label="Accounts", widget=AccountFilter)
    kind = forms.MultipleChoiceField(
        choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    state = forms.MultipleChoiceField(
        choices=STATES, required=False, widget=forms.CheckboxSelectMultiple
    )
    scope = forms.MultipleChoiceField(
        label="An API token may",
        choices=list(SCOPE_LABELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    creator = forms.CharField(label="Created by", required=False, max_length=254)
    created_from = DayField(label="Created from", required=False)
    created_to = DayField(label="Created until", required=False)
    use = forms.ChoiceField(label="Last used", choices=LastUse, required=False)
    used_from = DayField(label="Last used from", required=False)
    used_to = DayField(label="Last used until", required=False)
    restricted = forms.ChoiceField(
        label="Restricted", choices=Restricted, required=False
    )
    endless = forms.BooleanField(label="Never expires", required=False)
    expires_from = DayField(label="Expires from", required=False)
    expires_to = DayField(label="Expires until", required=False)
    ends_on = DayField(required=False)
    finding = forms.ChoiceField(
        choices=health.choices, required=False, widget=forms.HiddenInput
    )
    token = IdField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, main, user, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.organisation = main.organisation
        sight = Sight(main, user)
        self.in_sight, self.hidden = sight.condition, sight.hidden
        self.fields["account"].queryset = sight.accounts
        picker = self.fields["account"].widget
        picker.address, picker.first = (
            reverse("tokens:all", args=[main.pk]),
            sight.first,
        )

    def seen(self):
        """Return all tokens among which is searched, in no order."""
        return Unwritten(Token, self._seen)

    def _seen(self):
        own = Token.objects.filter(self.in_sight, organisation=self.organisation)
        return own.not_deleted()

    @property
    def sort(self):
        """The order that is asked for, such as -created_at; the newest first otherwise."""
        asked = self.data.get("sort", "")
        return asked if asked.removeprefix("-") in SORTS else "-created_at"

    @property
    def order(self):
        sign = "-" if self.sort.startswith("-") else ""
        return sign + SORTS[self.sort.removeprefix("-")]

    def page(self, cursor):
        """Return a page of the tokens that match, each with the calls of its last days."""
        usual = self._is_usual()
        first = self._newest if usual else None
        tokens = Unwritten(Token, self._with_accounts)
        page = paginate(tokens, self.order, cursor, first=first)
        if usual and page.next:
            page = replace(
                page, counted=count_of_all(*self.whole, ROWS_COUNTED_UP_TO + 1)
            )
        with_days(page)
        return page

    @property
    def whole(self):
        """The organisation's id and the accounts out of sight, unless these are many."""
        return None if self.hidden is None else (self.organisation.pk, self.hidden)

    def _is_usual(self):
        """Whether all tokens are asked for, as they come."""
        is_all = self.whole is not None and not any(self.cleaned_data.values())
        return is_all and self.order == ORDER

    def _newest(self, limit):
        return newest_of_all(self.organisation, self.hidden, limit)

    def _with_accounts(self):
        tokens = self.tokens().select_related("account__organisation")
        return tokens.fetch_mode(FETCH_RAISE)

    def tokens(self):
        """Return the tokens that match, in no order."""
        asked = self.cleaned_data
        tokens = Token.objects.filter(self._scope())
        if asked["token"]:
            # The one that a pasted secret belongs to, which may be deleted.
            return tokens.kept().filter(pk=asked["token"])
        tokens = tokens.not_deleted().filter(*self._conditions())
        return tokens.mentioning(asked["q"]) if asked["q"] else tokens

    def _scope(self):
        """Limit to what the person oversees, in the way that the order has an index."""
        chosen = self.cleaned_data["account"]
        if chosen:
            return Q(account__in=[account.pk for account in chosen])
        if self.order.removeprefix("-") == SORTS["account"]:
            place = Q(account__organisation=self.organisation)
        else:
            place = Q(organisation=self.organisation)
        return place & self.in_sight

    def _conditions(self):
        asked = self.cleaned_data
        for name, condition in CONDITIONS.items():
            if asked[name]:
                yield condition(asked[name])
        yield from self._ranges()

    def _ranges(self):
        for name, field in RANGES.items():
            first = self.cleaned_data[f"{name}_from"]
            last = self.cleaned_data[f"{name}_to"]
            if first:
                yield Q(**{f"{field}__gte": _begin(first)})
            if last:
                yield Q(**{f"{field}__lt": _begin(last + timedelta(days=1))})

    def chips(self):
        """Return what narrows the list: words, and the address's query without it."""
        if self.cleaned_data["token"]:
            return [("The token that was looked for", "")]
        return [
            (words, self._without(name, value))
            for name in self.cleaned_data
            for value, words in self._asked(name)
        ]

    def _asked(self, name):
        value = self.cleaned_data[name]
        if name == "account":
            return [(str(account.pk), account.name) for account in value]
        if name in ("kind", "state", "scope"):
            labels = dict(self.fields[name].choices)
            return [(each, labels[each]) for each in value]
        return [(None, CHIPS[name](value))] if value else []

    def _without(self, name, value):
        data = self.data.copy()
        kept = [each for each in data.getlist(name) if value not in (None, each)]
        data.setlist(name, kept)
        data.pop("cursor", None)
        return data.urlencode()


def _begin(day):
    """Return the first moment of a day in the viewer's zone."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _within(day, field):
    begin, end = _begin(day), _begin(day + timedelta(days=1))
    return Q(**{f"{field}__gte": begin, f"{field}__lt": end})


def _day(day):
    return date_format(day, "j M Y")


def _unused():
    limit = clock.now() - health.UNUSED_FOR
    return Q(last_used_at__lt=limit) | Q(last_used_at=None, created_at__lt=limit)


PLANNED = "planned_end__ends_at"
RANGES = {"created": "created_at", "used": "last_used_at", "expires": "expires_at"}
USES = {LastUse.NEVER: lambda: Q(last_used_at=None), LastUse.UNUSED: _unused}
RESTRICTED = {
    Restricted.YES: restricted,
    Restricted.SCOPES: lambda: ~Q(scopes=""),
    Restricted.ACCOUNTS: lambda: ~Q(kept_to=""),
    Restricted.NETWORKS: lambda: ~Q(networks=""),
    Restricted.LIMIT: lambda: Q(calls_per_minute__isnull=False),
    Restricted.NO: lambda: ~restricted(),
}
CONDITIONS = {
    "kind": lambda kinds: Q(kind__in=kinds),
    "state": in_any,
    "scope": in_any_scope,
    "creator": lambda text: Q(created_by__contains=text.lower()),
    "use": lambda use: USES[use](),
    "restricted": lambda what: RESTRICTED[what](),
    "endless": lambda _: Q(expires_at=None),
    "ends_on": lambda day: _within(day, "expires_at") | _within(day, PLANNED),
    "finding": lambda slug: health.named(slug).condition(),
}
CHIPS = {
    "q": lambda text: f"Name or note has {text}",
    "creator": lambda text: f"Created by {text}",
    "created_from": lambda day: f"Created from {_day(day)}",
    "created_to": lambda day: f"Created until {_day(day)}",
    "use": lambda use: LastUse(use).label,
    "used_from": lambda day: f"Used from {_day(day)}",
    "used_to": lambda day: f"Used until {_day(day)}",
    "restricted": lambda what: Restricted(what).label,
    "endless": lambda _: "Never expires",
    "expires_from": lambda day: f"Expires from {_day(day)}",
    "expires_to": lambda day: f"Expires until {_day(day)}",
    "ends_on": lambda day: f"Ends on {_day(day)}",
    "finding": lambda slug: health.named(slug).title,
}
