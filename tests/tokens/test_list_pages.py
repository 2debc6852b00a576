from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_organisation, suspend_account
from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import COUNTED_UP_TO

pytestmark = pytest.mark.django_db


def api(account, **query):
    return reverse("tokens:api", args=[account.pk], query=query)


def shipping(account, **query):
    return reverse("tokens:shipping", args=[account.pk], query=query)


def shown(response):
    """Return the names of the rows, in their order."""
    return [token.name for token in response.context["rows"]]


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
        ("staff", 200),
    ],
)
@pytest.mark.parametrize("name", ["tokens:api", "tokens:shipping", "tokens:deleted"])
def test_lists_are_for_admins_and_staff(request, client, main, who, status, name):
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse(name, args=[main.pk])).status_code == status


def test_stranger_is_sent_to_the_login(client, main):
    response = client.get(api(main))

    assert (response.status_code, response.url.split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("url", [api, shipping])
def test_list_is_only_read(as_admin, main, url):
    assert as_admin.post(url(main)).status_code == 405


@pytest.mark.parametrize(("url", "kind"), [(api, Kind.API), (shipping, Kind.LOGS)])
@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(
    as_admin, main, url, kind, count, django_assert_num_queries
):
    have = main.tokens.filter(kind=kind).count()
    for _ in range(count - have):
        TokenFactory(account=main, kind=kind, expires_at=None)
    as_admin.get(url(main))

    with django_assert_num_queries({Kind.API: 11, Kind.LOGS: 13}[kind]):
        response = as_admin.get(url(main))

    assert len(shown(response)) == count


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_of_metrics_does_not_grow(
    as_admin, main, count, django_assert_num_queries
):
    for _ in range(count):
        ChildFactory(main=main, kind=AccountKind.METRICS)
    url = shipping(main, product="metrics")
    as_admin.get(url)

    with django_assert_num_queries(11):
        response = as_admin.get(url)

    assert len(shown(response)) == count


def test_no_secret_is_in_the_page(as_admin, main):
    token = TokenFactory(account=main)
    log = TokenFactory(account=main, kind=Kind.LOGS)

    pages = as_admin.get(api(main, added=token.pk)).content.decode()
    pages += as_admin.get(shipping(main, added=log.pk)).content.decode()

    assert token.masked in pages
    assert log.masked in pages
    for each in (token, log):
        assert each.secret_text not in pages
        assert each.secret_text[16:40] not in pages


def test_name_is_escaped(as_admin, main):
    TokenFactory(account=main, name='"><img src=x onerror=alert(1)>{{ 7*7 }}')

    html = as_admin.get(api(main)).content.decode()

    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;{{ 7*7 }}" in html


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

    assert '<th scope="col" aria-sort="ascending"><a href="?sort=-name">' in html
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


@pytest.mark.parametrize(
    "query",
    [
        "sort=password",
        "sort=",
        "state=%00",
        "token=99999999999999999999",
        "token=-1",
        "token=x",
        "added=1e9",
        "cursor=%ff%fe",
        "cursor=" + "A" * 5000,
        "q=%00",
        "q=%25_%5C",
        "q=" + "a" * 300,
        "name=%00&new=1",
        "product=%00",
        "next=//evil.example",
    ],
)
@pytest.mark.parametrize("url", [api, shipping])
def test_senseless_query_is_as_if_it_were_not_there(as_admin, main, url, query):
    TokenFactory(account=main)

    assert as_admin.get(f"{url(main)}?{query}").status_code == 200


def test_pages_lead_forth_and_back(as_admin, main):
    for number in range(30):
        TokenFactory(account=main, name=f"{number:02}")

    first = as_admin.get(api(main, sort="name"))
    second = as_admin.get(api(main, sort="name", cursor=first.context["page"].next))
    back = as_admin.get(api(main, sort="name", cursor=second.context["page"].previous))

    assert (len(shown(first)), shown(second)) == (25, ["25", "26", "27", "28", "29"])
    assert shown(back) == shown(first)
    assert b'rel="next"' in first.content
    assert b'rel="prev"' in second.content


def test_tabs_count_standing_tokens(as_admin, main):
    TokenFactory(account=main)
    TokenFactory(account=main).delete_softly(by=BY)

    tabs = as_admin.get(api(main)).context["tabs"]

    assert [(tab["label"], tab["count"], tab["current"]) for tab in tabs] == [
        ("Data shipping tokens", "1", False),
        ("Shared tokens", "0", False),
        ("API tokens", "1", True),
    ]


def test_many_tokens_are_not_counted_further(as_admin, main):
    Token.objects.bulk_create(
        Token(
            account=main,
            organisation=main.organisation,
            kind=Kind.API,
            name=f"{n}",
            name_key=f"{n}",
        )
        for n in range(COUNTED_UP_TO)
    )

    assert as_admin.get(api(main)).context["tabs"][2]["count"] == "999+"


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

    html = client.get(api(main)).content.decode()

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

    assert "A metrics account has no API tokens of its own" in html
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

    assert "This account is suspended" in html
    assert "Account suspended" in html


def test_deleted_account_says_so_to_staff(client, sub, staff):
    sub.deleted_at = timezone.now()
    sub.save()
    client.force_login(staff)

    assert b"This account is deleted" in client.get(api(sub)).content


@pytest.mark.parametrize(
    ("product", "listener"),
    [
        ("logs", "https://listener.example.com:8071"),
        ("metrics", "https://listener.example.com:8053"),
        ("traces", "https://listener.example.com:4318"),
        ("tracing", "https://listener.example.com:4318"),
        ("", "https://listener.example.com:8071"),
        ("cheese", "https://listener.example.com:8071"),
    ],
)
def test_listener_stands_above_the_table(as_admin, main, product, listener):
    html = as_admin.get(shipping(main, product=product)).content.decode()

    assert f'data-text="{listener}"' in html


def test_main_account_lists_the_single_tokens_it_administers(as_admin, main):
    for name, kind, flags in [
        ("Open", AccountKind.METRICS, {}),
        ("Shut", AccountKind.METRICS, {"accessible": False}),
        ("Spans", AccountKind.TRACING, {}),
    ]:
        ChildFactory(main=main, name=name, kind=kind, **flags)

    accounts = {
        product: [
            token.account.name
            for token in as_admin.get(shipping(main, product=product)).context["rows"]
        ]
        for product in ("metrics", "traces")
    }

    assert accounts == {"metrics": ["Open"], "traces": ["Spans"]}


@pytest.mark.parametrize(
    ("product", "words"),
    [("metrics", "No metrics accounts yet"), ("traces", "No tracing accounts yet")],
)
def test_main_account_without_such_accounts_says_so(as_admin, main, product, words):
    assert words.encode() in as_admin.get(shipping(main, product=product)).content


@pytest.mark.parametrize(
    ("kind", "product", "words"),
    [
        (AccountKind.SUB, "metrics", "Metrics are shipped to metrics accounts"),
        (AccountKind.SUB, "traces", "Traces are shipped to tracing accounts"),
        (AccountKind.METRICS, "logs", "Logs are shipped to log accounts"),
        (AccountKind.METRICS, "traces", "Traces are shipped to tracing accounts"),
        (AccountKind.SECURITY, "", "Nothing is shipped to a security account"),
        (AccountKind.SECURITY, "logs", "Nothing is shipped to a security account"),
    ],
)
def test_tab_of_another_kind_explains_itself(as_admin, main, kind, product, words):
    account = ChildFactory(main=main, kind=kind)

    response = as_admin.get(shipping(account, product=product))

    assert words in response.content.decode()
    assert b"New log shipping token" not in response.content


def test_explanation_leads_to_accounts_one_can_enter(as_admin, client, main, sub):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    url = shipping(sub, product="metrics")
    assert f'href="{shipping(metrics)}"' in as_admin.get(url).content.decode()

    client.force_login(MembershipFactory(account=sub).user)

    html = client.get(url).content.decode()
    assert shipping(metrics) not in html
    assert "ask an admin of the main account" in html


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_single_token_is_shown_in_its_own_account(as_admin, main, kind):
    account = ChildFactory(main=main, kind=kind)
    token = account.tokens.get()

    html = as_admin.get(shipping(account)).content.decode()

    verbs = {
        verb: reverse(f"tokens:{verb}", args=[account.pk, token.pk]) in html
        for verb in ("reveal", "rotate", "rename", "disable", "expiry", "delete")
    }
    assert {verb for verb, there in verbs.items() if there} == {"reveal", "rotate"}


def test_limit_in_use_is_shown(as_admin, main):
    TokenFactory(account=main, kind=Kind.LOGS)
    TokenFactory(account=main, kind=Kind.LOGS).disable(by=BY)

    html = as_admin.get(shipping(main)).content.decode()

    assert "2 of 15 enabled" in html


def test_button_is_off_at_the_limit_and_says_why(as_admin, main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    html = as_admin.get(shipping(main)).content.decode()

    assert "1 of 1 enabled, the limit" in html
    assert "The plan allows 1 enabled log shipping token per account." in html
    assert shipping(main, new=1).replace("&", "&amp;") not in html


def test_controls_of_the_last_enabled_token_are_off(as_admin, main):
    token = main.tokens.get()

    html = as_admin.get(shipping(main)).content.decode()

    off = {
        verb: reverse(f"tokens:{verb}", args=[main.pk, token.pk]) not in html
        for verb in ("disable", "delete", "expiry", "rename", "rotate")
    }
    assert {verb for verb, is_off in off.items() if is_off} == {
        "disable",
        "delete",
        "expiry",
    }
    assert "The last enabled one" in html


def test_staff_see_no_switch_on_the_last_enabled_token(client, main, staff):
    client.force_login(staff)

    assert b'role="switch"' not in client.get(shipping(main)).content


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
