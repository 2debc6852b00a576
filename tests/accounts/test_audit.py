import json

import pytest
from django.test import RequestFactory

from accounts.audit.trail import Actor, record, sign_again, verify
from accounts.models import Action, AuditChain, AuditEvent
from tests.environment import KEYS

BY = Actor("somebody@example.com", ip="192.0.2.1", agent="Firefox")


class Nobody:
    is_authenticated = False


def asked(**meta):
    request = RequestFactory().get("/", **meta)
    request.user = Nobody()
    return Actor.of(request)


@pytest.fixture
def chain(main):
    for number in range(4):
        record(Action.LOGIN, by=BY, account=main, target=f"event {number}", n=number)
    return AuditChain.objects.get(organisation=main.organisation)


def place(chain, number):
    return chain.events.filter(sequence=number)


def test_an_event_says_who_what_where_and_when(chain, main):
    event = chain.events.order_by("sequence").last()

    assert (event.action, event.account, event.organisation) == (
        Action.LOGIN,
        main,
        main.organisation,
    )
    assert (event.actor_label, event.ip, event.agent, event.target) == (
        "somebody@example.com",
        "192.0.2.1",
        "Firefox",
        "event 3",
    )
    assert event.data == {"n": 3}
    assert event.sequence == chain.sequence
    assert str(event) == "somebody@example.com: Login"
    assert str(chain) == "chain of Acme"


def test_an_untouched_chain_verifies(chain):
    assert verify(chain) is None


CHANGES = [
    {"action": Action.LOGOUT},
    {"actor_label": "else@example.com"},
    {"target": "else"},
    {"data": {"n": 99}},
    {"ip": "192.0.2.2"},
    {"ip": None},
    {"agent": "curl"},
    {"token_id": 5},
    {"actor_token_id": 5},
    {"account": None},
    {"digest": bytes(32)},
    # An unknown key must not be a way around the digest.
    {"data": {"n": 99}, "key_id": 77},
    {"key_id": 77},
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_found(chain, change):
    last = chain.sequence
    place(chain, last).update(**change)

    assert verify(chain) == last


def test_a_moved_time_is_found(chain):
    event = place(chain, 3).get()
    place(chain, 3).update(created_at=event.created_at.replace(year=2020))

    assert verify(chain) == 3


def test_a_dropped_event_is_found(chain):
    place(chain, 3).delete()

    assert verify(chain) == 3


def test_a_dropped_end_is_found(chain):
    last = chain.sequence
    place(chain, last).delete()

    assert verify(chain) == last


def test_a_dropped_end_with_a_corrected_counter_is_found(chain):
    last = chain.sequence
    place(chain, last).delete()
    AuditChain.objects.filter(pk=chain.pk).update(sequence=last - 1)

    assert verify(AuditChain.objects.get(pk=chain.pk)) == last


def test_two_swapped_events_are_found(chain):
    third, fourth = place(chain, 3).get(), place(chain, 4).get()
    AuditEvent.objects.filter(pk=third.pk).update(sequence=99)
    AuditEvent.objects.filter(pk=fourth.pk).update(sequence=3)
    AuditEvent.objects.filter(pk=third.pk).update(sequence=4)

    assert verify(chain) == 3


def test_an_event_without_an_account_is_the_installations_own(db):
    event = record(Action.LOGIN_FAILED, by=Actor("nobody"), target="unknown e-mail")

    assert event.chain.organisation is None
    assert str(event.chain) == "chain of the installation"
    assert verify(event.chain) is None


def test_an_event_can_be_about_an_organisation(main):
    event = record(Action.LOGIN, by=BY, organisation=main.organisation)

    assert (event.organisation, event.account) == (main.organisation, None)


DATA = [
    {"changes": [["gb", 1.0, 2.5]]},
    {"n": [1e22, 1e16, 24.0, 1e-07, 0.1, -0.0, 5, True, None]},
    {"text": 'ünï "quoted" \\ \u2028 עברית 🙂'},
    {"deep": {"b": 1, "a": {"d": [], "c": {}}}},
]


@pytest.mark.parametrize("data", DATA)
def test_data_reads_the_same_after_a_round_trip(main, data):
    event = record(Action.LOGIN, by=BY, account=main, **data)

    assert json.dumps(event.data) == json.dumps(data)
    assert verify(event.chain) is None


@pytest.mark.parametrize("ip", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "::1"])
def test_addresses_read_the_same_after_a_round_trip(main, ip):
    event = record(Action.LOGIN, by=asked(REMOTE_ADDR=ip), account=main)

    assert verify(event.chain) is None


def test_long_words_are_cut(main):
    event = record(Action.LOGIN, by=Actor("x" * 300), account=main, target="y" * 300)

    assert (len(event.actor_label), len(event.target)) == (254, 254)
    assert verify(event.chain) is None


def test_a_chain_signed_again_verifies_under_the_new_key(chain, settings):
    bare = KEYS["TOLLGATE_AUDIT_KEY"]
    new = "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU="
    settings.TOLLGATE_AUDIT_KEY = f"2:{new},1:{bare}"

    sign_again(chain)
    settings.TOLLGATE_AUDIT_KEY = f"2:{new}"

    assert verify(AuditChain.objects.get(pk=chain.pk)) is None
    assert set(chain.events.values_list("key_id", flat=True)) == {2}


def test_a_person_is_named_by_their_address(rf, admin):
    request = rf.get("/", HTTP_USER_AGENT="a\x00b" + "c" * 300)
    request.user = admin

    actor = Actor.of(request)

    assert (actor.label, actor.user) == ("admin@acme.example", admin)
    assert actor.agent == "ab" + "c" * 198
    assert Actor.console() == Actor("operator console")
