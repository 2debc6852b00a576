from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_organisation, suspend_account
from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tests.tokens.list_pages import api, as_drawn, shown
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.django_db


def test_list_is_newest_first_and_sorts_by_every_column(as_admin, main):
    now = timezone.now()
    for name, age, used, left in [
        ("b", 1, None, 5),
        ("a", 2, 1, None),
        ("C", 3, 2, 9),
    ]:
        token = TokenFactory(account=main, name=name)
        Token.objects.filter(pk=token.pk).update(
            created_at=now - timedelta(days=age),
            last_used_at=used and now - timedelta(days=used),
            expires_at=left and now + timedelta(days=left),
        )

    orders = {
        sort: "".join(shown(as_admin.get(api(main, sort=sort))))
        for sort in ("", "name", "-name", "-last_used_at", "expires_at", "created_at")
    }

    assert orders == {
        "": "baC",
        "name": "abC",
        "-name": "Cba",
        "-last_used_at": "aCb",
        "expires_at": "bCa",
        "created_at": "Cab",
    }


def test_head_of_a_column_says_its_order_and_turns_it(as_admin, main):
    TokenFactory(account=main)

    html = as_admin.get(api(main, sort="name")).content.decode()

    assert 'aria-sort="ascending"><a href="?sort=-name">' in html
    assert '<a href="?sort=-created_at">' in html


def test_list_is_filtered_by_name_and_state(as_admin, main):
    for name in ("Terraform prod", "Terraform test", "Grafana"):
        TokenFactory(account=main, name=name)
    Token.objects.get(name="Terraform test").disable(by=BY)
    Token.objects.filter(name="Grafana").update(expires_at=timezone.now())

    found = {
        query: set(shown(as_admin.get(f"{api(main)}?{query}")))
        for query in (
            "q=TERRA",
            "state=active",
            "state=disabled",
            "state=expired",
            "q=terra&state=active",
        )
    }

    assert found == {
        "q=TERRA": {"Terraform prod", "Terraform test"},
        "state=active": {"Terraform prod"},
        "state=disabled": {"Terraform test"},
        "state=expired": {"Grafana"},
        "q=terra&state=active": {"Terraform prod"},
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [({"q": "zebra"}, "zebra"), ({"state": "expired"}, "in that state")],
)
def test_no_match_says_what_was_looked_for(as_admin, main, query, words):
    TokenFactory(account=main)

    html = as_admin.get(api(main, **query)).content.decode()

    assert "No token matches" in html
    assert words in html


def test_one_token_can_be_asked_for(as_admin, main):
    token, _ = TokenFactory(account=main), TokenFactory(account=main)

    response = as_admin.get(api(main, token=token.pk))

    assert shown(response) == [token.name]
    assert b"Only the token you looked for is shown" in response.content


def test_token_of_another_account_is_not_shown(as_admin, main, sub):
    mine, other = TokenFactory(account=main), TokenFactory(account=sub)

    assert shown(as_admin.get(api(main, token=other.pk))) == []
    assert shown(as_admin.get(api(main, added=other.pk))) == [mine.name]


def test_pages_lead_forth_and_back(as_admin, main):
    for number in range(30):
        TokenFactory(account=main, name=f"{number:02}")

    first = as_admin.get(api(main, sort="name"))
    second = as_admin.get(api(main, sort="name", cursor=first.context["page"].next))
    back = as_admin.get(api(main, sort="name", cursor=second.context["page"].previous))

    assert (len(shown(first)), shown(second)) == (25, ["25", "26", "27", "28", "29"])
    assert shown(back) == shown(first)
    assert "<span>1–25 of 30</span>" in first.content.decode()
    assert "<span>26–30 of 30</span>" in second.content.decode()
    assert b'rel="next"' in first.content
    assert b'rel="prev"' in second.content


def test_empty_list_says_what_it_is_for(as_admin, main):
    html = as_admin.get(api(main)).content.decode()

    assert "No API tokens yet" in html
    assert "A data shipping token" in html
    assert f'href="{api(main, new=1)}"' in html


def test_new_row_opens_without_script_and_prefilled(as_admin, main):
    html = as_admin.get(api(main, new=1, name="CI")).content.decode()

    assert 'class="row-form"' in html
    assert 'value="CI"' in html
    assert "autofocus" in html


def test_staff_read_and_can_only_disable(client, main, staff):
    token = TokenFactory(account=main)
    client.force_login(staff)

    html = as_drawn(client.get(api(main)).text)

    urls = {
        verb: reverse(f"tokens:{verb}", args=[main.pk, token.pk]) in html
        for verb in ("reveal", "rename", "enable", "rotate", "expiry", "delete")
    }
    assert urls == dict.fromkeys(urls, False)
    assert reverse("tokens:disable", args=[main.pk, token.pk]) in html
    assert "New API token" not in html
    assert token.masked in html


def test_community_plan_has_the_note_and_no_new_tokens(as_admin, main, settings):
    settings.PLAN_URL = "https://plans.example/"
    TokenFactory(account=main)
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    html = as_admin.get(api(main, new=1)).content.decode()

    assert "API tokens come with the Pro and Enterprise plans" in html
    assert 'href="https://plans.example/"' in html
    assert "Stopped by the plan" in html
    assert "New API token" not in html
    assert 'class="row-form"' not in html


def test_metrics_account_leads_to_the_main_account(as_admin, main):
    account = ChildFactory(main=main, kind=AccountKind.METRICS)

    html = as_admin.get(api(account, new=1)).content.decode()

    assert "A metrics account has no API tokens" in html
    assert f'href="{api(main)}"' in html
    assert 'class="row-form"' not in html


def test_metrics_admin_without_the_main_account_is_told_whom_to_ask(client, main):
    account = ChildFactory(main=main, kind=AccountKind.METRICS)
    client.force_login(MembershipFactory(account=account).user)

    html = client.get(api(account)).content.decode()

    assert "Ask an admin of the main account" in html
    assert api(main) not in html


def test_suspended_account_says_so(as_admin, main, sub):
    TokenFactory(account=sub)
    suspend_account(sub, by=BY)

    html = as_admin.get(api(sub)).content.decode()

    assert "This account was suspended" in html
    assert "Account suspended" in html


def test_deleted_account_says_so_to_staff(client, sub, staff):
    sub.deleted_at = timezone.now()
    sub.save()
    client.force_login(staff)

    assert b"This account is deleted" in client.get(api(sub)).content


@pytest.mark.parametrize(
    ("ends", "state", "words"),
    [
        (timedelta(days=3), "expiring", "Expiring"),
        (timedelta(days=20), "active", "Active"),
        (timedelta(), "expired", "Expired"),
    ],
)
def test_badge_tells_of_the_end(as_admin, main, ends, state, words):
    TokenFactory(account=main)
    Token.objects.filter(kind=Kind.API).update(expires_at=timezone.now() + ends)

    html = as_admin.get(api(main)).content.decode()

    assert f'class="badge" data-state="{state}"' in html
    assert words in html
