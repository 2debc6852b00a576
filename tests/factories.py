"""Rows for tests, made the way the product makes them."""

from datetime import timedelta

import factory
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.lifecycle import found_organisation, open_account
from accounts.models import Account, AccountKind, Membership, Organisation, Role, User
from accounts.plans import Plan
from sharing.models import Filter, Share, SharedView
from sharing.scope import Operator
from tokens.kinds import Kind
from tokens.models import Token

BY = Actor(label="factory@example.com")
SIZES = {
    AccountKind.SUB: {"max_daily_gb": 1},
    AccountKind.METRICS: {"plan_uts": 100},
    AccountKind.TRACING: {"monthly_spans": 1000},
    AccountKind.SECURITY: {},
}


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n:05}@example.com")
    full_name = factory.Sequence(lambda n: f"Person {n:05}")
    last_login = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **kwargs)


class MainFactory(factory.django.DjangoModelFactory):
    """A main account with its organisation and default log token."""

    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Main {n:05}")
    plan = Plan.PRO

    @classmethod
    def _create(cls, model_class, **fields):
        return found_organisation(by=BY, **{"daily_gb": 1000} | fields)


class ChildFactory(factory.django.DjangoModelFactory):
    """A child of `main`, of the given kind, with its default shipping token."""

    class Meta:
        model = Account

    main = factory.SubFactory(MainFactory)
    kind = AccountKind.SUB
    name = factory.Sequence(lambda n: f"Child {n:05}")

    @classmethod
    def _create(cls, model_class, *, main, kind, **fields):
        fields = SIZES[kind] | fields
        return open_account(main.organisation, kind=kind, by=BY, **fields)


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    account = factory.SubFactory(MainFactory)
    role = Role.ADMIN
    accepted_at = factory.LazyFunction(timezone.now)
    # Who has signed in at all has done so for this organisation.
    entered_at = factory.SelfAttribute("user.last_login")


class TokenFactory(factory.django.DjangoModelFactory):
    """A token; `token.secret_text` is its plain text, for tests that present it."""

    class Meta:
        model = Token

    account = factory.SubFactory(MainFactory)
    kind = Kind.API
    name = factory.Sequence(lambda n: f"Token {n:05}")

    @classmethod
    def _create(cls, model_class, **fields):
        token, secret = Token.issue(by=fields.pop("by", BY), **fields)
        token.secret_text = secret.reveal()
        return token


class FilterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Filter

    account = factory.SubFactory(MainFactory)
    field = "env"
    value = factory.Sequence(lambda n: f"value{n:05}")

    @classmethod
    def _create(cls, model_class, **fields):
        return Filter.add(by=BY, **fields)


class ShareFactory(factory.django.DjangoModelFactory):
    """A shared token for a week; without filters it shows everything."""

    class Meta:
        model = Share

    account = factory.SubFactory(MainFactory)
    name = factory.Sequence(lambda n: f"Share {n:05}")
    filters = ()
    operator = Operator.AND
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))

    @classmethod
    def _create(cls, model_class, **fields):
        fields.setdefault("shows_everything", not fields["filters"])
        share, secret = Share.issue(by=BY, **fields)
        share.secret_text = secret.reveal()
        return share


class SharedViewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SharedView

    account = factory.SubFactory(MainFactory)
    title = factory.Sequence(lambda n: f"View {n:05}")
    address = factory.Sequence(lambda n: f"https://grafana.example.com/d/{n}")

    @classmethod
    def _create(cls, model_class, **fields):
        return SharedView.add(by=BY, **fields)


def organisation_of(account):
    return Organisation.objects.get(pk=account.organisation_id)
