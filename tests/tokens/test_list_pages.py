import pytest
from django.urls import reverse

from accounts.models import AccountKind
from tests.cursors import IMPOSSIBLE, packed
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.list_pages import api, shipping, shown
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import TOKENS_COUNTED_UP_TO

pytestmark = pytest.mark.django_db


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

    with django_assert_num_queries({Kind.API: 8, Kind.LOGS: 10}[kind]):
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

    with django_assert_num_queries(8):
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
        *(f"cursor={packed(['next', '-created_at', at, 1])}" for at in IMPOSSIBLE),
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
        for n in range(TOKENS_COUNTED_UP_TO)
    )

    page = as_admin.get(api(main))

    assert page.context["tabs"][2]["count"] == "999+"
    assert page.context["page"].span.endswith(" of 1,000")


def test_who_sees_the_last_of_many_is_told_how_many_without_a_count(
    as_admin, main, monkeypatch
):
    monkeypatch.setattr("tokens.views.tabs.TOKENS_COUNTED_UP_TO", 2)
    for name in "ab":
        TokenFactory(account=main, name=name)

    page = as_admin.get(api(main)).context["page"]

    assert (page.counted, page.span) == (None, "1–2 of 2")
