"""The pages of policies: who sees them, what they say before something is saved."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.tokens.policies.conftest import NOON
from tokens.kinds import Kind
from tokens.models import PlannedEnd, Token, TokenPolicy
from tokens.policies import ends


@pytest.fixture
def page(client, admin):
    """Get an address as an admin of the main account; returns its text on one line."""
    client.force_login(admin)
    return lambda address: text_of(client.get(address))


@pytest.fixture
def send(client, admin):
    """Post a form as an admin of the main account; returns the answer."""
    client.force_login(admin)
    return lambda address, **fields: client.post(
        address, {"version": "0", "agreed": ""} | fields
    )


def text_of(answer):
    html = answer.content.decode()
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def agreed_in(answer):
    found = re.search(r'name="agreed" value="(\w*)"', answer.content.decode())
    return found[1]


def address(account, kind=None, *, preview=False):
    if kind is None:
        return reverse("tokens:policies", args=[account.pk])
    name = f"tokens:policy_{kind}{'_preview' if preview else ''}"
    return reverse(name, args=[account.pk])


def test_nothing_is_asked_at_first(page, main):
    text = page(address(main))

    assert text.count("Nothing is asked of them.") == 5
    assert "outside of it" not in text


def test_what_is_asked_is_said_in_words(page, main, ask):
    TokenFactory(account=main)
    ask(
        Kind.API,
        longest_days=90,
        note_required=True,
        unused_days=60,
        ends_outside_at=NOON + timedelta(days=30),
    )
    ask(Kind.LOGS, expiry_required=True)
    ask(Kind.METRICS, least_overlap_hours=1, networks_required=True)
    ends.carry_on()

    text = page(address(main))

    assert "Expiry required, at most 90 days ahead" in text
    assert "Note required Unused disabled after 60 days" in text
    assert "Outside of it disabled after Wed 23 Dec 2026" in text
    assert "1 outside of it 1 with a day on which it is disabled" in text
    assert "Networks required Rotation overlap of at least 1 hour" in text
    assert text.count("Nothing is asked of them.") == 2


def test_admins_of_a_child_read_what_is_asked(client, sub_admin, sub, ask):
    ask(Kind.API, note_required=True)
    TokenFactory(account=sub, note="CI")
    client.force_login(sub_admin)

    text = text_of(client.get(address(sub)))

    assert "Note required" in text
    assert "Admins of the main account, Acme , set them." in text
    assert "Change" not in text
    assert client.get(address(sub, "api")).status_code == 403


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("api", {"lifetime", "unused_days", "ends", "note_required"}),
        ("shared", {"lifetime", "filters_required", "unused_days"}),
        ("metrics", set()),
    ],
)
def test_a_form_has_the_rules_that_its_kind_can_have(client, admin, main, kind, fields):
    client.force_login(admin)

    html = client.get(address(main, kind)).content.decode()

    some = {"lifetime", "filters_required", "unused_days", "ends", "note_required"}
    named = {name for name in some if f'name="{name}"' in html}
    assert named & fields == fields
    assert ("unused_days" in named) == (kind != "metrics")
    assert 'name="least_overlap_hours"' in html


def test_saving_waits_until_what_it_affects_was_looked_at(send, main):
    sub = ChildFactory(main=main, name="Staging")
    for account in (main, main, sub):
        TokenFactory(account=account)
    TokenFactory(account=sub, name="Terraform")

    first = send(address(main, "api"), lifetime="required")

    text = text_of(first)
    assert first.status_code == 422
    assert "Look at what it affects, then save it." in text
    assert "4 tokens of 2 accounts have no expiry" in text
    assert "They keep working until somebody stops them" in text
    assert "Terraform Staging" in text
    assert not TokenPolicy.objects.exists()
    second = send(address(main, "api"), lifetime="required", agreed=agreed_in(first))
    assert second.status_code == 302
    assert TokenPolicy.objects.get().expiry_required
    # What has changed since is looked at again.
    TokenFactory(account=main, expires_at=NOON + timedelta(days=400))
    third = send(
        address(main, "api"),
        lifetime="longest",
        longest_days="90",
        version="1",
        agreed=agreed_in(first),
    )
    assert third.status_code == 422
    assert "1 token expires later than that" in text_of(third)
    assert "the last one on 28 Dec 2027" in text_of(third)


def test_what_affects_nothing_is_saved_at_once(send, main):
    answer = send(address(main, "traces"), least_overlap_hours="24")

    assert answer.status_code == 302
    assert TokenPolicy.objects.get().least_overlap_hours == 24


def test_a_preview_says_what_is_disabled_and_when(send, main, clock):
    TokenFactory(account=main, name="Old")
    TokenFactory(account=main, kind=Kind.LOGS, name="second")
    Token.objects.update(updated_at=NOON - timedelta(days=300))

    api = send(
        address(main, "api", preview=True),
        unused_days="60",
        note_required="on",
        ends="date",
        ends_on="2026-12-25",
    )
    logs = send(
        address(main, "logs", preview=True),
        note_required="on",
        ends="date",
        ends_on="2026-12-25",
    )

    assert api.status_code == 200
    assert "1 token has no note Disabled on 25 Dec" in text_of(api)
    assert "1 token is unused Disabled from 8 Dec on, unless used before." in text_of(
        api
    )
    assert "2 tokens have no note" in text_of(logs)
    assert "The last log token" not in text_of(logs)
    main.tokens.get(name="second").disable(by=BY)
    kept = send(
        address(main, "logs", preview=True),
        note_required="on",
        ends="date",
        ends_on="2026-12-25",
    )
    assert "The last log token of an account stays: 1 of these." in text_of(kept)
    assert not TokenPolicy.objects.exists()


def test_a_preview_counts_each_token_once(send, main):
    ShareFactory(account=main, expires_at=NOON + timedelta(days=90))

    answer = send(
        address(main, "shared", preview=True),
        lifetime="longest",
        longest_days="30",
        filters_required="on",
    )

    assert "1 token shows everything" in text_of(answer)
    assert "1 token expires later than that" in text_of(answer)


def test_ends_that_are_called_off_are_said(send, main, ask):
    TokenFactory(account=main)
    ask(Kind.API, note_required=True, ends_outside_at=NOON + timedelta(days=30))
    ends.carry_on()

    answer = send(address(main, "api"), version="1")

    assert "1 planned end is called off." in text_of(answer)
    assert PlannedEnd.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"lifetime": "longest"}, "Say how many days."),
        ({"lifetime": "longest", "longest_days": "many"}, "Enter a whole number."),
        ({"lifetime": "longest", "longest_days": "4000"}, "less than or equal to 3660"),
        ({"unused_days": "14"}, "greater than or equal to 15"),
        ({"ends": "date"}, "Choose a day."),
        ({"ends": "date", "ends_on": "soon"}, "Enter a valid date."),
        ({"ends": "date", "ends_on": "2026-12-01"}, "at least 14 days ahead"),
        ({"ends": "date", "ends_on": "9999-12-31"}, "within ten years"),
        ({"version": "x"}, "Enter a whole number."),
    ],
)
def test_a_mistake_gets_a_sentence_and_is_kept(send, main, fields, words):
    answer = send(address(main, "api"), note_required="on", **fields)

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Mend what is marked" in text_of(answer)
    assert "checked" in answer.content.decode()


def test_a_day_that_was_announced_stays_that_moment(send, main, ask):
    moment = NOON + timedelta(days=30)
    ask(Kind.API, ends_outside_at=moment)

    send(address(main, "api"), version="1", ends="date", ends_on="2026-12-23")

    assert TokenPolicy.objects.get().ends_outside_at == moment


def test_a_policy_that_somebody_else_set_meanwhile_stays(send, main, ask):
    ask(Kind.LOGS, note_required=True)

    answer = send(address(main, "traces"), least_overlap_hours="24")

    assert answer.status_code == 412
    assert TokenPolicy.objects.get().kind == Kind.LOGS


def test_a_form_shows_what_holds(page, main, ask, client):
    ask(Kind.API, longest_days=90, ends_outside_at=NOON + timedelta(days=30))
    ask(Kind.LOGS, expiry_required=True)

    api = client.get(address(main, "api")) if page(address(main)) else None
    html = api.content.decode()

    assert 'value="longest" id="id_lifetime_2" checked' in " ".join(html.split())
    assert 'value="2026-12-23"' in html
    assert 'name="version" value="2"' in html


def test_the_networks_of_single_tokens_are_no_matter_of_dates(send, main):
    ChildFactory(main=main, kind=AccountKind.METRICS)

    answer = send(address(main, "metrics"), networks_required="on")

    assert "1 token can be used from anywhere" in text_of(answer)
    assert "It keeps working until somebody stops it" in text_of(answer)
