"""The demo: believable, made once, and nothing in it contradicts the product's rules."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from accounts.audit.trail import verify
from accounts.models import (
    Account,
    Action,
    AuditChain,
    AuditEvent,
    Membership,
    Organisation,
    Role,
    User,
)
from demo.people import INVITED
from demo.story import HANDED_OVER
from sharing.models import Filter, Share, SharedView
from tests.factories import MainFactory
from tokens.health import ABANDONED
from tokens.models import PlannedEnd, StoredSecret, Token, TokenUsage

PASSWORDS = {
    "admin": "admin's password",
    "user": "user's password",
    "read_only": "reader's password",
    "staff": "staff's password",
}
TABLES = (
    *(Organisation, Account, User, Membership, AuditChain, AuditEvent),
    *(Token, StoredSecret, TokenUsage, Filter, Share, SharedView),
)


@pytest.fixture
def demo(db, settings):
    settings.DEMO, settings.DEMO_PASSWORDS = True, PASSWORDS
    other = MainFactory(name="Here before")
    call_command("demo")
    return other


def it_is_as_large_as_promised_and_made_once(demo, said):
    before = {table: table.objects.count() for table in TABLES}
    stamps = list(
        Token.objects.order_by("pk").values_list("pk", "version", "updated_at")
    )

    call_command("demo")

    assert {table: table.objects.count() for table in TABLES} == before
    assert stamps == list(
        Token.objects.order_by("pk").values_list("pk", "version", "updated_at")
    )
    assert said() == ""
    acme = Organisation.objects.get(name="Acme")
    assert acme.main.name == "Acme Production"
    kinds = Counter(acme.accounts.values_list("kind", flat=True))
    assert kinds == {"main": 1, "sub": 13, "metrics": 2, "tracing": 1, "security": 1}
    assert set(Organisation.objects.values_list("name", flat=True)) == {
        *("Acme", "Globex", "Initech", "Here before")
    }
    assert 280 <= before[Token] <= 450
    assert before[TokenUsage] > 2000


def it_shows_every_state(demo, said):
    accounts = Account.objects.exclude(pk=demo.pk)
    assert {account.state for account in accounts} == {"active", "suspended", "deleted"}
    assert accounts.filter(searchable=False).exists()
    assert accounts.filter(accessible=False).exists()
    assert {token.state for token in Token.objects.filter(kind="api")} == {
        *("active", "disabled", "expired", "rotating", "deleted")
    }
    shared = Token.objects.filter(kind="shared")
    assert {token.state for token in shared} == {
        *("active", "paused", "expired", "deleted")
    }
    assert {share.shows_everything for share in Share.objects.all()} == {True, False}
    assert Share.objects.exclude(lost_filter="").exists()
    assert Share.objects.filter(visits__gt=100).exists()
    assert SharedView.objects.count() == 5
    never = Token.objects.filter(last_used_at=None, kind="api")
    stale = Token.objects.filter(last_used_at__lt=timezone.now() - timedelta(days=90))
    assert never.count() > 5
    assert stale.count() > 5
    acme = Token.objects.filter(organisation__name="Acme")
    assert acme.filter(ABANDONED.condition()).count() == HANDED_OVER
    roles = set(Membership.objects.values_list("role", flat=True))
    assert roles == set(Role.values)
    assert Organisation.objects.get(name="Globex").entitlement.api_tokens is False
    assert Organisation.objects.get(name="Initech").in_trial


def refused_calls_are_shown(demo, said):
    acme = Organisation.objects.get(name="Acme").main
    refused = acme.refused_tokens.with_mending()
    assert [each.reason for each in refused.order_by("-last_seen_at")] == [
        *("deleted", "disabled", "wrong_kind", "other_network"),
        *("rotated", "expired", "expired"),
    ]
    assert not refused.filter(is_mended=True).exists()
    assert refused.waiting().count() == 6
    for each in refused:
        assert each.calls == sum(use.calls for use in each.uses.all()) > 0
    assert not refused.filter(first_seen_at__gt=F("last_seen_at")).exists()


def some_tokens_are_kept_to_less_and_policies_end_others(demo, said):
    acme = Token.objects.filter(organisation__name="Acme").enabled()
    assert acme.exclude(networks="").count() >= 3
    assert acme.exclude(calls_per_minute=None).exclude(scopes="").exists()
    assert acme.exclude(kept_to="").filter(scopes="read").exists()
    newest = acme.filter(kind="api", account__name="Acme Production")
    shown = newest.order_by("-created_at")[:25]
    assert sum(bool(token.scopes) for token in shown) == 3
    ends = PlannedEnd.objects.filter(token__organisation__name="Acme")
    assert {end.cause for end in ends} == {"unused", "outside"}
    assert 2 <= ends.count() <= 40
    in_a_month = timezone.now() + timedelta(days=30)
    assert ends.filter(ends_at__lt=in_a_month).exists()


def somebody_is_invited_and_nothing_is_seen_of_them(demo, said):
    (invited,) = Membership.objects.filter(accepted_at=None)
    assert (invited.state, invited.account.name) == ("invited", "Acme Production")
    assert invited.invited_by == "dana@acme.test"
    assert not invited.has_lapsed
    assert invited.name == invited.user.email == INVITED
    assert not invited.user.has_usable_password()
    assert (invited.user.last_login, invited.entered_at) == (None, None)
    about = AuditEvent.objects.filter(target=INVITED).exclude(user=None)
    assert [each.action for each in about] == [Action.USER_ADDED]


def nothing_happened_before_it_could(demo, said):
    assert not Token.objects.filter(last_used_at__lt=F("created_at")).exists()
    assert not Token.objects.filter(created_at__lt=F("account__created_at")).exists()
    assert not Token.objects.filter(deleted_at__lt=F("created_at")).exists()
    assert not Token.objects.filter(disabled_at__lt=F("created_at")).exists()
    now = timezone.now()
    for table in (Organisation, Account, Token, StoredSecret, AuditEvent):
        mine = table.objects.all()
        assert not mine.filter(created_at__gt=now).exists()
    oldest = Token.objects.order_by("created_at").first().created_at
    assert now - oldest > timedelta(days=700)
    chains = AuditChain.objects.all()
    for chain in chains:
        times = list(
            chain.events.order_by("sequence").values_list("created_at", flat=True)
        )
        assert times == sorted(times)


def what_must_always_hold_holds(demo, said):
    Membership.objects.create(
        account=demo,
        user=User.objects.create_user("x@example.com"),
        role="admin",
        accepted_at=timezone.now(),
    )

    call_command("check_invariants")

    assert {verify(chain) for chain in AuditChain.objects.all()} == {None}
    assert said().count("holds") == 9


def what_was_there_before_is_left_alone(demo, said):
    events = AuditEvent.objects.filter(organisation=demo.organisation)

    assert (
        events.filter(created_at__lt=timezone.now() - timedelta(hours=1)).count() == 0
    )
    assert demo.tokens.get().last_used_at is None


def logins_are_listed_with_passwords_that_work(demo, said):
    call_command("demo", "--logins")

    lines = said().splitlines()
    assert lines[0] == (
        "demo login: dana@acme.test admin's password (admin, Acme Production)"
    )
    assert lines[-1] == (
        "demo login: staff@tollgate.test staff's password (staff, all organisations)"
    )
    for line in lines:
        email, rest = line.removeprefix("demo login: ").split(" ", 1)
        user = User.objects.get(email=email)
        assert user.check_password(rest.rpartition(" (")[0])
        active = user.memberships.filter(suspended_at=None).exists()
        assert user.is_staff or active


# It takes seconds to make the demo, so that it is made once for all of them.
CLAIMS = (
    what_was_there_before_is_left_alone,
    it_is_as_large_as_promised_and_made_once,
    it_shows_every_state,
    refused_calls_are_shown,
    some_tokens_are_kept_to_less_and_policies_end_others,
    somebody_is_invited_and_nothing_is_seen_of_them,
    nothing_happened_before_it_could,
    logins_are_listed_with_passwords_that_work,
    what_must_always_hold_holds,
)


def test_the_demo_keeps_what_is_claimed_of_it(demo, capsys):
    def said():
        return capsys.readouterr().out

    assert said() == ""
    for claim in CLAIMS:
        claim(demo, said)


@pytest.mark.parametrize(
    ("options", "mails"),
    [({"file_path": "/x"}, ["Mails are not sent, but kept in /x/."]), ({}, [])],
)
def test_a_newcomer_is_told_what_to_do_first(settings, capsys, options, mails):
    settings.DEMO, settings.DEMO_PASSWORDS = True, PASSWORDS
    settings.MAILERS = {"default": {"OPTIONS": options}}

    call_command("demo", "--first")

    *others, last = capsys.readouterr().out.splitlines()
    assert others == mails
    assert last == (
        "First: sign in as dana@acme.test with admin's password, open Manage tokens and "
        "add one: its row has a line to paste."
    )


@pytest.mark.django_db
def test_there_is_no_demo_unless_it_is_asked_for(settings):
    settings.DEMO = False

    with pytest.raises(CommandError, match="There is no demo: set DEMO=true"):
        call_command("demo")

    assert not User.objects.exists()
