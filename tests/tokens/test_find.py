import logging
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import Secret, make
from tokens.views.find import BROKEN, NOT_FOUND, TOO_LONG

UUID = "8d1f9b6e-3a57-4c05-9d0a-2b7f7e8c1a44"


@pytest.fixture
def find(client, admin, main):
    """Put a text into a search box and return the answer."""

    def find(text, *, tab="all", account=main, who=admin, query=""):
        client.force_login(who)
        place = reverse("tokens:find", args=[account.pk])
        return client.post(place + query, {"q": text, "tab": tab})

    return find


def page(token):
    return f"/accounts/{token.account_id}/tokens/{token.pk}/"


def everything(account, **query):
    return reverse("tokens:all", args=[account.pk], query=query)


def said(client, response):
    page = client.get(response.url)
    return [str(message) for message in page.context["messages"]]


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 302), ("staff", 302), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
def test_find_answers_each_person(find, request, sub, who, status):
    assert find("x", who=request.getfixturevalue(who)).status_code == status


def test_find_is_asked_by_post_only(client, admin, main):
    client.force_login(admin)

    assert client.get(reverse("tokens:find", args=[main.pk])).status_code == 405


@pytest.mark.parametrize("tab", ["api", "logs", "metrics", "traces", "shared", "all"])
def test_name_filters_the_list_it_was_typed_in(find, main, tab):
    url = find("Terra form", tab=tab).url

    assert url.startswith(f"/accounts/{main.pk}/tokens/")
    assert "q=Terra" in url


def test_name_keeps_the_other_filters(find, main):
    url = find("Terraform", query="?kind=api&kind=logs&q=old&token=3&cursor=x").url

    assert url == f"{everything(main)}?kind=api&kind=logs&q=Terraform"


def test_empty_box_takes_the_name_away(find, main):
    assert find("", query="?kind=api&q=old").url == everything(main, kind="api")


@pytest.mark.parametrize(
    "wrap", ["{}", "  {} ", "X-API-TOKEN: {}", 'export LOGZIO_API_TOKEN="{}"']
)
def test_secret_finds_its_page(find, sub, wrap):
    token = TokenFactory(account=sub)

    assert find(wrap.format(token.secret_text)).url == page(token)


def test_old_secret_finds_its_page(find, main):
    token = TokenFactory(account=main)
    token.rotate(by=BY)

    assert find(token.secret_text).url == page(token)


def test_foreign_secret_finds_its_page(find, main):
    token = TokenFactory(account=main, secret=Secret(UUID))

    assert find(UUID).url == page(token)


@pytest.mark.parametrize("tab", ["api", "shared", "all"])
def test_secret_of_any_kind_finds_its_page_from_any_box(find, main, sub, tab):
    logs, share = TokenFactory(account=sub, kind=Kind.LOGS), ShareFactory(account=main)

    assert find(logs.secret_text, tab=tab).url == page(logs)
    assert find(share.secret_text, tab=tab).url == page(share.token)


def test_deleted_token_is_found(find, main):
    token = TokenFactory(account=main)
    token.delete_softly(by=BY)

    assert find(token.secret_text).url == page(token)


@pytest.fixture
def unseen(main):
    """Secrets that the admin of `main` must learn nothing about."""
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    gone = TokenFactory(account=main)
    gone.delete_softly(by=BY)
    Token.objects.filter(pk=gone.pk).update(
        deleted_at=timezone.now() - timedelta(days=31)
    )
    foreign = "0123456789abcdef0123456789abcdef"
    TokenFactory(account=MainFactory(), secret=Secret(foreign))
    return [
        make(Kind.API).reveal(),
        TokenFactory(account=MainFactory()).secret_text,
        TokenFactory(account=shut).secret_text,
        TokenFactory(account=None, kind=Kind.GATEWAY).secret_text,
        gone.secret_text,
        foreign,
        UUID,
    ]


@pytest.mark.parametrize("tab", ["all", "api"])
def test_answer_is_the_same_wherever_an_unseen_token_is(
    find, client, main, unseen, tab
):
    answers = set()
    for text in unseen:
        response = find(text, tab=tab)
        answers.add((response.status_code, response.url, *said(client, response)))

    place = everything(main) if tab == "all" else f"/accounts/{main.pk}/tokens/api/"
    assert answers == {(302, place, NOT_FOUND)}


@pytest.mark.parametrize("tab", ["all", "api"])
def test_name_that_looks_like_a_foreign_token_is_a_name(find, main, tab):
    TokenFactory(account=main, name="production-shipper-eu")

    assert "q=production-shipper" in find("production-shipper-eu", tab=tab).url


def test_name_in_another_organisation_is_nobodys_business(find, client, main):
    TokenFactory(account=MainFactory(), name="production-shipper-eu")

    assert said(client, find("production-shipper-eu")) == [NOT_FOUND]


def test_broken_secret_stays_out_of_the_address(find, client, main):
    text = make(Kind.API).reveal()

    for broken in (text[:-1], text[:-1] + "!", text[:20], f"x{text[:-2]}"):
        response = find(broken)
        assert response.url == everything(main)
        assert said(client, response) == [BROKEN]


def test_secret_with_a_wrong_sum_is_not_found(find, client, main):
    text = make(Kind.API).reveal()
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")

    assert said(client, find(wrong)) == [NOT_FOUND]


@pytest.mark.parametrize("text", ["x" * 301, "a\x00b"])
def test_what_cannot_be_searched_is_said(find, client, main, text):
    response = find(text, tab="all")

    assert response.url == everything(main)
    assert said(client, response) == [TOO_LONG]


@pytest.fixture
def type_in(client, admin, main):
    """Ask as the box does by itself while somebody types into it."""

    def type_in(text):
        client.force_login(admin)
        place = reverse("tokens:find", args=[main.pk])
        data = {"q": text, "tab": "api"}
        return client.post(place, data, headers={"HX-Request": "true"})

    return type_in


def test_a_name_narrows_the_list_while_it_is_typed(type_in, main):
    response = type_in("Terra")

    assert (response.status_code, response.url) == (
        302,
        f"/accounts/{main.pk}/tokens/api/?q=Terra",
    )


def test_a_part_of_a_token_is_waited_for(type_in, client, main):
    response = type_in(make(Kind.API).reveal()[:20])

    assert (response.status_code, response.headers.get("HX-Redirect")) == (204, None)
    assert said(client, redirect(f"/accounts/{main.pk}/tokens/api/")) == []


@pytest.mark.parametrize("is_known", [True, False])
def test_a_whole_token_leaves_the_page_with_what_is_known_of_it(
    type_in, client, main, is_known
):
    token = TokenFactory(account=main if is_known else MainFactory())

    response = type_in(token.secret_text)

    place = page(token) if is_known else f"/accounts/{main.pk}/tokens/api/"
    assert (response.status_code, response["HX-Redirect"]) == (204, place)
    assert said(client, redirect(place)) == ([] if is_known else [NOT_FOUND])


def test_too_much_text_is_said_while_it_is_typed(type_in, main):
    assert type_in("x" * 301)["HX-Redirect"] == f"/accounts/{main.pk}/tokens/api/"


def test_unknown_tab_leads_to_the_api_tokens(find, main):
    assert find("x", tab="nonsense").url == f"/accounts/{main.pk}/tokens/api/"


def test_staff_find_tokens_of_everybody(find, staff, main):
    token = TokenFactory(account=MainFactory())

    url = find(token.secret_text, who=staff).url

    assert url == page(token)


@pytest.mark.parametrize("visible", [True, False])
def test_secret_leaves_no_trace(find, client, main, caplog, visible):
    caplog.set_level(logging.DEBUG)
    token = TokenFactory(account=main if visible else MainFactory())

    response = find(token.secret_text)
    shown = client.get(response.url)

    traces = [
        response.url,
        response.content.decode(),
        str(response.headers),
        shown.content.decode(),
        str(client.cookies),
        caplog.text,
        *(str(session.get_decoded()) for session in Session.objects.all()),
    ]
    assert token.secret_text not in "".join(traces)
