"""How long the answers about shared tokens may get, and what they take in memory."""

import pytest

from accounts.rule_violations import RuleViolation
from gateway.verify.decisions import decide
from gateway.verify.signal import SIGNALS
from sharing.header_lengths import MOST_HEADER
from sharing.models import Share
from tests.factories import BY, FilterFactory, ShareFactory

# An answer also names the account, the kind and the plan.
BESIDES = 1_000
LONGEST = 512


def answer(share, signal="query-logs"):
    row = share.token.secrets.select_related("token__account__organisation").get()
    return decide(SIGNALS[signal], row).headers


def size(headers):
    return sum(len(f"{name}: {value}\r\n") for name, value in headers)


def long_filters(main, count, letter="v", **fields):
    values = (f"{number:03}".ljust(LONGEST, letter) for number in range(count))
    return [FilterFactory(account=main, value=value, **fields) for value in values]


@pytest.mark.parametrize("operator", ["AND", "OR"])
@pytest.mark.parametrize("letter", ["v", ".", '"', "\\", " ", "é", "😀"])
def test_no_answer_is_too_long_for_proxies(main, operator, letter):
    filters = long_filters(main, 14, letter)
    sizes = []

    def take_more():
        for count in range(1, len(filters) + 1):
            some = filters[:count]
            share = ShareFactory(account=main, filters=some, operator=operator)
            sizes.append(size(answer(share)))

    with pytest.raises(RuleViolation) as refusal:
        take_more()

    assert (refusal.value.code, refusal.value.field) == ("filters_too_long", "filters")
    assert 0 < max(sizes) < MOST_HEADER + BESIDES


def test_a_link_cannot_be_given_filters_that_are_too_long(main, env):
    share = ShareFactory(account=main, filters=[env])
    choice = {"operator": "AND", "shows_everything": False, "by": BY}

    with pytest.raises(RuleViolation, match="These filters would be too long together"):
        share.narrow(filters=long_filters(main, 14), **choice)

    assert list(Share.objects.get().filters.all()) == [env]


def test_far_too_many_filters_are_not_even_written(main, monkeypatch):
    filters = long_filters(main, MOST_HEADER // LONGEST + 1)
    monkeypatch.setattr("accounts.hooks.scope_lengths", [])

    with pytest.raises(RuleViolation, match="too long together"):
        ShareFactory(account=main, filters=filters)


@pytest.mark.parametrize("field", ["field", "value"])
def test_a_filter_cannot_be_made_too_long_for_its_links(main, env, field):
    share = ShareFactory(account=main, name="Board", filters=[env])
    share.filters.add(*long_filters(main, 10, field="team"))

    with pytest.raises(RuleViolation, match="The filters of Board would be") as refusal:
        env.edit(by=BY, **{field: "😀" * LONGEST})

    assert refusal.value.field == field
    env.refresh_from_db()
    assert env.clause == ("env", "test")


def test_what_is_too_long_already_can_still_be_described(main, env):
    share = ShareFactory(account=main, filters=[env])
    share.filters.add(*long_filters(main, 14))

    env.edit(by=BY, description="Test systems")

    env.refresh_from_db()
    assert env.description == "Test systems"


def test_a_person_reads_at_the_field_what_is_too_long(as_admin, main, env):
    share = ShareFactory(account=main, name="Board", filters=[env])
    share.filters.add(*long_filters(main, 10, field="team"))
    path = f"/accounts/{main.pk}/tokens/shared/filters/{env.pk}/edit/"
    seen = {"version": 1, "named": share.pk, "field": "env"}

    response = as_admin.post(path, seen | {"value": "😀" * LONGEST})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["value"]
    assert "The filters of Board would be too long together" in response.text


@pytest.mark.parametrize("signal", ["query-logs", "query-logsql"])
def test_visitors_of_a_link_share_its_texts_in_memory(main, env, team, signal):
    share = ShareFactory(account=main, filters=[env, team], operator="OR")

    first, second = (
        [text for name, text in answer(share, signal) if name.endswith(("QL", "Args"))]
        for _ in range(2)
    )

    assert len(first) == 2
    assert all(one is other for one, other in zip(first, second, strict=True))
