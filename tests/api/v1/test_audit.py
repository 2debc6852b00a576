"""GET /api/v1/audit: the audit trail as lines of JSON."""

import pytest

from accounts.audit.trail import Actor, record
from accounts.models import Action, AuditEvent, User
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND
from tests.api.v1.shown import MOMENT
from tests.factories import ChildFactory, MainFactory, TokenFactory
from tokens.kinds import Kind

AUDIT = "/api/v1/audit"


def lines(api, query=""):
    status, events = api.get(f"{AUDIT}{query}")

    assert status == 200
    return events


def actions(api, query):
    return [event["action"] for event in lines(api, query)]


def test_events_are_lines_the_oldest_first(api, main):
    response = api.response("GET", AUDIT)

    assert response["Content-Type"] == "application/x-ndjson"
    pks = AuditEvent.objects.order_by("pk").values_list("pk", flat=True)
    assert {None, main.pk} == {event["account_id"] for event in lines(api)}
    assert [event["id"] for event in lines(api)] == list(pks)


# An event but for its ids.
RENAMED = {
    "time": MOMENT,
    "action": "token_renamed",
    "title": "Renamed a token",
    "actor": "Terraform",
    "user_id": None,
    "actor_token_id": 77,
    "address": "203.0.113.7",
    "agent": "curl",
    "data": {"changes": [["name", "Old", "New"]]},
}


def test_an_event_says_all_that_is_kept(api, main):
    by = Actor(label="Terraform", token_id=77, ip="203.0.113.7", agent="curl")
    token = TokenFactory(account=main, kind=Kind.LOGS, name="Old")
    token.rename("New", by=by)
    event = AuditEvent.objects.get(action=Action.TOKEN_RENAMED)

    assert lines(api, "?action=token_renamed") == [
        RENAMED
        | {
            "id": event.pk,
            "account_id": main.pk,
            "target": f"New ({token.masked})",
            "token_id": token.pk,
            "sequence": event.sequence,
            "digest": bytes(event.digest).hex(),
        }
    ]


def with_people(main, admin):
    """Record what people did, with all that a page would show of them."""
    everything = {"ip": "203.0.113.7", "agent": "Browser/1"}
    person = Actor(label=admin.email, user=admin, **everything)
    gone = Actor(label="gone@acme.example", **everything)
    asked = {"filters": "who=admin%40acme.example&who=x@y.example"}
    who = {"target": admin.email, "account": main}
    record(Action.LOGIN, by=person, **who)
    record(
        Action.USER_ROLE_CHANGED, by=gone, changes=[["role", "user", "admin"]], **who
    )
    record(Action.LOGIN_FAILED, by=Actor("nobody", **everything), **who)
    record(Action.AUDIT_EXPORTED, by=person, account=main, target="Acme", **asked)
    reason = "ask admin@acme.example"
    record(Action.TOKEN_DISABLED, by=person, account=main, target="CI", reason=reason)


def test_no_address_of_a_person_is_told(api, main, admin):
    start = AuditEvent.objects.order_by("-pk").first().pk
    with_people(main, admin)

    names = ("actor", "user_id", "target", "address", "agent", "data")
    said = [[event[name] for name in names] for event in lines(api, f"?after={start}")]

    role = {"changes": [["role", "user", "admin"]]}
    assert said == [
        [None, admin.pk, "", None, "", {}],
        [None, None, "", None, "", role],
        ["nobody", None, "", None, "", {}],
        [None, admin.pk, "Acme", None, "", {"filters": "who=(e-mail)&who=(e-mail)"}],
        [None, admin.pk, "CI", None, "", {"reason": "ask (e-mail)"}],
    ]


def test_nor_in_the_way_of_logzio(api, main, admin):
    with_people(main, admin)

    answer = str(api.post("/v1/audit-trail", {"includeFiltersData": True}))

    assert "Ada Admin" in answer
    for address in ("203.0.113.7", "Browser/1", "@", "%40"):
        assert address not in answer


@pytest.fixture
def trail(api, main, sub, admin):
    """Four events of the main account, two others that its token must not see."""
    start = AuditEvent.objects.order_by("-pk").first().pk
    person = Actor(label=admin.email, user=User.objects.get(pk=admin.pk))
    record(Action.LOGIN, by=person, account=main)
    record(Action.TOKEN_RENAMED, by=Actor(label="Terraform"), account=main, token_id=5)
    record(Action.USER_ADDED, by=person, account=main)
    record(Action.TOKEN_CREATED, by=person, account=main, token_id=6)
    record(Action.TOKEN_CREATED, by=person, account=sub, token_id=7)
    record(Action.LOGOUT, by=person, account=MainFactory())
    return start


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "login token_renamed user_added token_created"),
        ("&limit=2", "login token_renamed"),
        ("&action=login&action=logout", "login"),
        ("&actor=admin@acme.example", "login user_added token_created"),
        ("&actor=Terraform&actor=nobody", "token_renamed"),
        ("&token=5", "token_renamed"),
        ("&token=7", ""),
        ("&account={main}", "login token_renamed user_added token_created"),
        ("&until=2020-01-01T00:00:00Z", ""),
        ("&since=2020-01-01T00:00:00Z&token=6", "token_created"),
    ],
)
def test_events_are_found(api, main, trail, query, found):
    query = f"?after={trail}{query.format(main=main.pk)}"

    assert actions(api, query) == found.split()


def test_whoever_asks_again_goes_on_after_the_last_event(api, trail):
    first = lines(api, f"?after={trail}&limit=3")
    second = lines(api, f"?after={first[-1]['id']}&limit=3")

    assert [event["action"] for event in second] == ["token_created"]
    assert lines(api, f"?after={second[-1]['id']}") == []


def test_a_child_reads_its_own_trail(sub_api, sub, trail):
    assert {event["account_id"] for event in lines(sub_api)} == {sub.pk}


def test_the_trail_of_another_account_is_not_for_a_token(api, sub_api, main, sub):
    shut = ChildFactory(main=main, accessible=False)
    foreign = MainFactory()

    asked = (sub, shut, foreign)
    assert [api.get(f"{AUDIT}?account={each.pk}") for each in asked] == [
        FORBIDDEN,
        FORBIDDEN,
        NOT_FOUND,
    ]
    assert sub_api.get(f"{AUDIT}?account={main.pk}") == NOT_FOUND
    assert sub_api.get(f"{AUDIT}?account={sub.pk}")[0] == 200


def test_long_trails_come_in_one_piece(api, main, monkeypatch):
    monkeypatch.setattr("accounts.api.v1.audit.CHUNK", 2)
    TokenFactory.create_batch(4, account=main)

    found = [event["id"] for event in lines(api)]

    assert found == sorted(set(found))
    assert len(found) == AuditEvent.objects.count()


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("action=dance", "action.0", "Input should be "),
        ("limit=10001", "limit", "Input should be less than or equal to 10000"),
        ("after=-1", "after", "Input should be greater than or equal to 1"),
        ("since=yesterday", "since", "must be a time such as"),
    ],
)
def test_questions_that_make_no_sense_are_refused(api, query, field, message):
    status, body = api.get(f"{AUDIT}?{query}")

    (error,) = body["errors"]
    assert (status, error["field"], error["where"]) == (422, field, "query")
    assert error["message"].startswith(message)
