"""Guests come in by a link: what opens it, and what the page shows."""

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.rate_limits import call_rates
from sharing import tickets
from sharing.models import Share
from tests.factories import SharedViewFactory, ShareFactory
from tests.sharing.shut_links import SHUT
from tests.sharing.visitors import (
    at,
    has_ticket,
    look,
    page_of,
    renew,
    show,
    without_its_id,
)
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.secrets import make


@pytest.fixture
def view(main):
    return SharedViewFactory(
        account=main, title="Payments", address="https://grafana.acme.example/d/1?a=b"
    )


def test_the_right_secret_opens(client, share, view):
    response = show(client, share)

    assert response.status_code == 200
    assert response.json()["left"] == pytest.approx(7 * 86_400, abs=60)
    page = look(client, share).text
    assert "Logs of <bdi>Acme</bdi>" in page
    assert "Only lines where <b><bdi>env</bdi> is <bdi>test</bdi></b>" in page
    assert 'href="https://grafana.acme.example/d/1?a=b" target="_blank"' in page
    assert share.secret_text not in page


def test_without_the_script_the_whole_link_is_pasted(client, share):
    pasted = f" https://tollgate.example/s/{page_of(share)}#{share.secret_text}\n"

    response = client.post(at("open", page_of(share)), {"secret": pasted})

    assert response.url == at("visitor", page_of(share))
    assert has_ticket(response)


def test_the_ticket_is_for_the_browser_alone(client, share, settings):
    settings.SHARE_COOKIE_DOMAIN = "acme.example"
    settings.HTTPS = True

    cookie = show(client, share).cookies[tickets.TICKET_COOKIE]

    ticket = tickets.read(cookie.value, page_of(share))
    row = StoredSecret.objects.get(token=share.token)
    assert (ticket.secret_id, ticket.born) == (row.pk, row.born)
    assert ticket.until - timezone.now() <= timedelta(minutes=15)
    assert (cookie["httponly"], cookie["secure"]) == (True, True)
    assert (cookie["samesite"], cookie["domain"]) == ("Lax", "acme.example")
    assert (cookie["path"], cookie["max-age"]) == ("/", pytest.approx(900, abs=2))
    assert share.secret_text not in cookie.value


def test_who_comes_in_is_counted_and_who_stays_is_not(client, share):
    headers = {"User-Agent": "Firefox"}

    show(client, share, **headers)
    look(client, share)
    renew(client, share)
    show(Client(), share, **headers)

    assert Share.objects.get(pk=share.pk).visits == 2
    token = Token.objects.get(pk=share.pk)
    assert (token.last_used_address, token.last_used_agent) == ("127.0.0.1", "Firefox")


@pytest.mark.parametrize("spoil", SHUT)
def test_a_link_that_is_shut_looks_like_one_that_never_was(client, sub, spoil):
    share = ShareFactory(account=sub)
    page = page_of(share)
    spoil(share)

    told = show(client, share, page=page)
    shown = client.post(at("open", page), {"secret": share.secret_text})
    never = client.post(at("open", "Zz99Zz99"), {"secret": make(Kind.SHARED).reveal()})

    assert (told.status_code, shown.status_code) == (404, 404)
    assert not has_ticket(told)
    assert not has_ticket(shown)
    assert told.json()["detail"].startswith("It may have ended, been paused")
    assert without_its_id(shown, page) == without_its_id(never, "Zz99Zz99")
    assert not Share.objects.filter(visits__gt=0).exists()


def test_a_secret_opens_its_own_link_only(client, main, share):
    other = ShareFactory(account=main)

    assert show(client, share, page=page_of(other)).status_code == 404


def test_the_page_is_the_same_for_every_id(client, share):
    known, *others = (
        without_its_id(client.get(at("visitor", page)), page)
        for page in (page_of(share), "Zz99Zz99", "no.id~at-all")
    )

    assert others == [known, known]


def test_the_page_asks_no_other_site_and_is_kept_nowhere(client, share):
    show(client, share)

    for response in (look(client, share), client.get(at("visitor", "x"))):
        policy = response["Content-Security-Policy"]
        assert "img-src 'self';" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in response["Cache-Control"]
        assert set(re.findall(r'(?:src|href)="(\w+)://', response.text)) <= {"https"}


def test_a_secret_that_is_shown_leaves_no_trace(client, share, caplog):
    caplog.set_level(logging.DEBUG)

    answers = [show(client, share), show(client, share, share.secret_text[:-1])]
    answers.append(client.post(at("open", "x"), {"secret": share.secret_text}))
    answers += [look(client, share), renew(client, share)]

    seen = [caplog.text]
    seen += [answer.text + str(dict(answer.headers)) for answer in answers]
    assert [text for text in seen if share.secret_text[12:-1] in text] == []


def test_guessing_is_slowed_down(client, share, monkeypatch):
    monkeypatch.setattr(call_rates, "MOST_GUESSES", 2)
    monkeypatch.setattr(call_rates.time, "time", lambda: 1_000_000_020)
    wrong = make(Kind.SHARED).reveal()

    statuses = [show(client, share, wrong).status_code for _ in range(3)]
    slowed = client.post(at("open", page_of(share)), {"secret": share.secret_text})

    assert statuses == [404, 404, 429]
    assert (slowed.status_code, slowed["Retry-After"]) == (429, "60")
    assert "That was tried too often" in slowed.text
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    # A link that opens is no guess.
    assert {show(elsewhere, share).status_code for _ in range(5)} == {200}


def test_a_guess_that_cannot_be_a_token_costs_no_query(
    client, share, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert show(client, share, "tgs_nonsense").status_code == 404


def test_another_site_cannot_open_a_link(share):
    strict = Client(enforce_csrf_checks=True)
    form = look(strict, share).text
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', form)[1]
    data = {"secret": share.secret_text, "csrfmiddlewaretoken": token}

    def opened(**headers):
        path = at("open", page_of(share))
        return strict.post(path, data, headers=headers).status_code

    assert opened() == 302
    assert opened(Origin="http://testserver") == 302
    assert opened(Origin="https://evil.example") == 403
    assert opened(Origin="null") == 403
    data.pop("csrfmiddlewaretoken")
    assert opened() == 403


def test_a_link_without_dashboards_says_so(client, share):
    show(client, share)

    assert "No dashboard is listed here yet" in look(client, share).text


def test_a_link_that_shows_everything_without_an_end_says_so(client, main):
    share = ShareFactory(account=main)
    Token.objects.filter(pk=share.pk).update(expires_at=None)

    assert show(client, share).json()["left"] is None

    page = look(client, share).text
    assert "All of them: nothing is held back." in page
    assert "without an end" in page
    assert "data-left" not in page


def test_any_of_the_filters_is_said_with_or(client, main, env, team):
    share = ShareFactory(account=main, filters=[env, team], operator="OR")
    show(client, share)

    page = re.sub(r"<[^>]+>", "", look(client, share).text)

    assert "Only lines where env is test or team is payments" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_for_any_number_of_views(
    client, main, share, count, django_assert_num_queries
):
    SharedViewFactory.create_batch(count, account=main)
    show(client, share)

    with django_assert_num_queries(3):
        page = look(client, share).text

    assert page.count('class="visitor-view"') == count
