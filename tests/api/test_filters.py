"""/v1/shared-tokens/filters: recorded requests and their answers."""

import pytest

from accounts.models import Action, AuditEvent
from sharing.models import Filter, Share
from tests.api.calls import Api
from tests.factories import BY, ChildFactory, FilterFactory, MainFactory, ShareFactory

FILTERS = "/v1/shared-tokens/filters"


@pytest.fixture
def env(main):
    return Filter.add(
        account=main, field="env", value="test", description="Test only", by=BY
    )


def wire(filter_):
    return {
        "id": filter_.pk,
        "field": filter_.field,
        "value": filter_.value,
        "description": filter_.description,
    }


def told(message):
    return 400, {"message": message}


def unknown(account, pk):
    return told(f"filter with id {pk} not found for account {account.pk}")


def test_create(api):
    body = {"field": "kubernetes.pod_name", "value": "a-b.c@d_1", "description": "Pod"}

    status, answer = api.post(FILTERS, body)

    assert (status, answer) == (200, body | {"id": Filter.objects.get().pk})
    event = AuditEvent.objects.get(action=Action.FILTER_CREATED)
    assert event.target == "kubernetes.pod_name: a-b.c@d_1"
    assert event.actor_token_id is not None
    assert Filter.objects.get().created_by == "factory@example.com"


@pytest.mark.parametrize("description", [{}, {"description": None}])
def test_create_needs_no_description(api, description):
    status, answer = api.post(FILTERS, {"field": "a", "value": "b"} | description)

    assert (status, answer["description"]) == (200, "")


@pytest.mark.parametrize("text", ["", "a b", "a/b", '"a"', "a:b", "a*", "é", "a\n"])
@pytest.mark.parametrize("name", ["field", "value"])
def test_create_takes_plain_words_only(api, name, text):
    body = {"field": "a", "value": "b"} | {name: text}

    assert api.post(FILTERS, body) == told(f'{name} must match "^[a-zA-Z0-9_@.-]+$"')


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"field": None}, "field must be given"),
        ({"value": 5}, "value Input should be a valid string"),
        ({"value": "x" * 513}, "value must not be longer than 512"),
        (
            {"description": "x" * 201},
            "description must not be longer than 200",
        ),
        (
            {"description": "\x00"},
            "description must not contain NUL or broken characters",
        ),
    ],
)
def test_create_says_what_is_wrong(api, body, message):
    assert api.post(FILTERS, {"field": "a", "value": "b"} | body) == told(message)
    assert not Filter.objects.exists()


def test_create_is_refused_where_there_are_no_logs(main):
    metrics = ChildFactory(main=main, kind="metrics")

    assert Api.of(metrics).post(FILTERS, {"field": "a", "value": "b"}) == told(
        "A Metrics account has no shared tokens to filter."
    )


def test_list(main, api, env):
    spaced = FilterFactory(account=main, field="message", value="made in the portal")
    FilterFactory(account=ChildFactory(main=main))

    assert api.get(FILTERS) == (200, [wire(env), wire(spaced)])


def test_list_of_none(api):
    assert api.get(FILTERS) == (200, [])


def test_get(api, env):
    assert api.get(f"{FILTERS}/{env.pk}") == (200, wire(env))


def test_get_and_delete_see_only_filters_of_the_account(main, api):
    hidden = [
        FilterFactory(account=ChildFactory(main=main)).pk,
        FilterFactory(account=MainFactory()).pk,
        0,
        2**63,
        10**30,
    ]

    for pk in hidden:
        assert api.get(f"{FILTERS}/{pk}") == unknown(main, pk)
        assert api.delete(f"{FILTERS}/{pk}") == unknown(main, pk)
    assert Filter.objects.count() == 2


def test_delete_tells_what_was_deleted(main, api, env):
    assert api.delete(f"{FILTERS}/{env.pk}") == (200, wire(env))
    assert api.get(f"{FILTERS}/{env.pk}") == unknown(main, env.pk)
    assert AuditEvent.objects.filter(action=Action.FILTER_DELETED).count() == 1


def test_delete_pauses_what_would_show_more(main, api, env):
    share = ShareFactory(account=main, filters=[env])

    assert api.delete(f"{FILTERS}/{env.pk}")[0] == 200

    share = Share.objects.get(pk=share.pk)
    assert (share.token.state, share.scope) == ("paused", ())
    shown = api.get(f"/v1/shared-tokens/{share.pk}")[1]
    assert (shown["filters"], shown["shows"]) == ([], "nothing")


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(main, api, count, django_assert_num_queries):
    FilterFactory.create_batch(count, account=main)

    with django_assert_num_queries(2):
        _, answer = api.get(FILTERS)

    assert len(answer) == count
