"""Tokens that are refused: what their page shows, and to whom."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import suspend_account
from gateway.models import OTHER_CALLERS, RefusedCall, RefusedToken
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tests.gateway.refused_pages import deleted, old_secret, page, shown
from tests.gateway.uses import refuse
from tokens.models import Token


def nav_count(response):
    items = [item for section in response.context["nav"] for item in section["items"]]
    counts = [item["count"]() for item in items if item.get("count")]
    return counts[0] if counts else None


def test_a_page_without_refusals_teaches(as_admin, main):
    response = as_admin.get(page(main))

    assert "No token is used in vain" in response.text
    assert nav_count(response) == ""


def test_a_refused_token_is_shown_with_its_callers(as_admin, main):
    token = deleted(main, name="Terraform")
    refuse(token, calls=1234)

    response = as_admin.get(page(main))

    assert shown(response) == [token]
    for words in ("Terraform", token.masked, "192.0.2.7", "curl/8", "1,234 calls"):
        assert words in response.text
    assert "call the API" in response.text
    assert nav_count(response) == "1"


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(as_admin, main, count, django_assert_num_queries):
    for _ in range(count):
        refuse(deleted(main))
    as_admin.get(page(main))

    with django_assert_num_queries(11):
        response = as_admin.get(page(main))

    assert len(shown(response)) == count


@pytest.mark.parametrize("count", [0, 1])
def test_other_pages_ask_once_whether_there_are_any(as_admin, main, count):
    for _ in range(count):
        refuse(deleted(main))

    with CaptureQueriesContext(connection) as queries:
        response = as_admin.get(reverse("accounts:general", args=[main.pk]))

    asked = [query for query in queries if RefusedToken._meta.db_table in query["sql"]]
    assert len(asked) == 1 + count
    assert ('id="count-gateway-refused_calls">1</span>' in response.text) is bool(count)


def test_nobody_counts_beyond_a_hundred(as_admin, main, monkeypatch):
    monkeypatch.setattr("gateway.refused_calls.waiting.MOST", 2)
    refuse(deleted(main))
    refuse(deleted(main))

    assert nav_count(as_admin.get(page(main))) == "1+"


def test_the_main_account_has_those_of_every_child_that_one_oversees(as_admin, main):
    child = ChildFactory(main=main, name="Staging")
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    other = MainFactory(name="Other")
    tokens = [deleted(account) for account in (main, child, shut, other)]
    for token in tokens:
        refuse(token)

    response = as_admin.get(page(main))

    assert set(shown(response)) == set(tokens[:2])
    assert "Staging" in response.text


def test_a_child_has_its_own_only(client, sub, sub_admin, main):
    own = deleted(sub)
    refuse(own)
    refuse(deleted(main))
    client.force_login(sub_admin)

    assert shown(client.get(page(sub))) == [own]


def test_staff_see_it_and_change_nothing(client, staff, main):
    refuse(deleted(main))
    client.force_login(staff)

    text = client.get(page(main)).text

    assert "192.0.2.7" in text
    assert "Enable again for an hour" not in text
    assert "Put aside</button>" not in text
    assert "Notices</a>" not in text


def expire(token):
    past = timezone.now() - timedelta(days=1)
    Token.objects.filter(pk=token.pk).update(expires_at=past)
    return token


def refuse_for_every_reason(account):
    disabled = TokenFactory(account=account)
    disabled.disable(by=BY, reason="Leaked")
    refuse(disabled, "disabled")
    refuse(deleted(account, by=BY), "deleted")
    refuse(expire(TokenFactory(account=account)), "expired")
    rotated = TokenFactory(account=account)
    refuse(rotated, "rotated", secret=old_secret(rotated))
    logs = account.tokens.get(name="default")
    refuse(logs, "wrong_kind", signal="query-metrics")
    refuse(TokenFactory(account=account), "no_api_on_plan")
    refuse(ShareFactory(account=account).token, "shows_nothing", signal="query-logs")
    kept = TokenFactory(account=account, networks=["10.0.0.0/8"])
    refuse(kept, "other_network")
    refuse(TokenFactory(account=account, calls_per_minute=1200), "too_many_calls")


def test_each_reason_is_said_in_words(as_admin, main):
    refuse_for_every_reason(main)

    text = as_admin.get(page(main)).text

    for words in (
        "<bdi>Leaked</bdi>",
        "by <bdi>factory@example.com</bdi>",
        "Expired",
        "the token was rotated, and this secret of it stopped",
        "a log shipping token was used to query metrics, which takes an API token",
        "API tokens come with the Pro and Enterprise plans",
        "its filters let nothing through",
        "it is kept to networks, and these callers are in none of them",
        "it is limited to 1,200 calls a minute, and these callers made more",
    ):
        assert words in text
    assert text.count("Enable again for an hour") == 4


def test_an_api_token_keeps_its_capitals_and_article(as_admin, main):
    refuse(TokenFactory(account=main), "wrong_kind", signal="traces")

    assert "an API token was used to ship traces" in as_admin.get(page(main)).text


def test_a_stopped_account_is_no_matter_once_it_runs_again(as_admin, sub, main):
    refuse(TokenFactory(account=sub), "account_stopped")

    works = as_admin.get(page(main))

    assert "nothing stands against these calls any more" in works.text
    assert nav_count(works) == ""

    suspend_account(sub, by=BY)
    stopped = as_admin.get(page(main))

    assert "the account is suspended" in stopped.text
    assert nav_count(stopped) == "1"


def test_too_many_callers_are_said_by_number(as_admin, main):
    token = deleted(main)
    for number in range(7):
        refuse(token, address=f"192.0.2.{number}")
    refuse(token, "disabled", address=OTHER_CALLERS)

    text = as_admin.get(page(main)).text

    assert "and 3 more" in text


def test_others_and_another_reason_are_named(as_admin, main):
    token = deleted(main)
    refuse(token, "disabled", address="")
    refuse(token)
    RefusedCall.objects.filter(address="192.0.2.7").update(address=OTHER_CALLERS)

    text = as_admin.get(page(main)).text

    assert ">others<" in text
    assert "unknown" in text
    assert "(disabled)" in text


def test_a_link_leads_to_the_page_of_the_token(as_admin, main):
    gone, there = deleted(main), TokenFactory(account=main)
    refuse(gone)
    refuse(there, "wrong_kind", signal="logs")

    text = as_admin.get(page(main)).text

    for token in (gone, there):
        assert f'href="{reverse("tokens:page", args=[main.pk, token.pk])}"' in text


def test_an_empty_shelf_says_so(as_admin, main):
    assert "Nothing is put aside" in as_admin.get(page(main, "?dismissed=1")).text


def test_what_is_put_aside_or_old_or_mended_does_not_wait(as_admin, main):
    aside, old, mended = deleted(main), deleted(main), TokenFactory(account=main)
    for token in (aside, old, mended):
        refuse(token)
    RefusedToken.objects.filter(pk=aside.pk).update(dismissed_at=timezone.now())
    week = timezone.now() - timedelta(days=8)
    RefusedToken.objects.filter(pk=old.pk).update(last_seen_at=week)

    assert nav_count(as_admin.get(page(main))) == ""


def test_a_refused_token_names_itself(main):
    assert str(refuse(deleted(main, name="Terraform"))) == "Terraform: Deleted"
    assert str(RefusedCall.objects.get()) == "3 refused calls from 192.0.2.7"


def test_the_address_of_before_leads_to_the_page(as_admin, main):
    before = f"/accounts/{main.pk}/tokens/dead/?dismissed=1"

    response = as_admin.get(before)

    assert (response.status_code, response.url) == (301, page(main, "?dismissed=1"))
