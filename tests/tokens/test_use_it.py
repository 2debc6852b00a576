"""Pages that show how a token is used."""

from html import unescape

import pytest
from django.urls import reverse

from accounts.models import AccountKind, Action, AuditEvent
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.tokens.list_pages import as_drawn
from tokens.kind_pages import action_url
from tokens.kinds import OF_INSTALLATION, Kind
from tokens.use_it.addresses import PURPOSES
from tokens.use_it.catalogue import CATALOGUE

pytestmark = pytest.mark.django_db
EVERY = [
    (kind, snippet.name) for kind, snippets in CATALOGUE.items() for snippet in snippets
]


@pytest.fixture(autouse=True)
def _addresses(settings):
    for name in PURPOSES:
        setattr(settings, name, f"https://{name.lower().replace('_', '-')}.example")


def token_of(main, kind):
    if kind in OF_INSTALLATION:
        return TokenFactory(account=None, kind=kind)
    child = {Kind.METRICS: AccountKind.METRICS, Kind.TRACES: AccountKind.TRACING}
    if kind in child:
        return ChildFactory(main=main, kind=child[kind]).tokens.get()
    return TokenFactory(account=main, kind=kind, name="$(id) '\" {{ 7 }}")


def page_of(token, **query):
    if token.account_id is None:
        return action_url("use_it", token, **query)
    return reverse("tokens:use_it", args=[token.account_id, token.pk], query=query)


def template_in(html):
    return unescape(html.partition('data-template="')[2].partition('"')[0])


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_each_client_has_a_page(client, main, admin, staff, kind, name):
    token = token_of(main, kind)
    client.force_login(staff if kind in OF_INSTALLATION else admin)

    html = client.get(page_of(token, client=name)).content.decode()

    template = template_in(html)
    assert template.count("{secret}") == 1
    assert "@TOKEN@" not in template
    assert token.name not in template
    assert token.masked in html
    assert token.reveal(by=BY).reveal() not in html
    chosen = f'id="use-{name}-{token.pk}"'
    assert 'aria-current="true"' in html.partition(chosen)[2].partition("</a>")[0]


def test_an_unknown_client_is_the_first(as_admin, main):
    token = token_of(main, Kind.API)

    html = as_admin.get(page_of(token, client="'\"<x>")).content.decode()

    assert template_in(html) == "export LOGZIO_API_TOKEN={secret}"


def test_without_an_address_the_page_says_who_has_to_set_it(as_admin, main, settings):
    settings.LISTENER_URL = ""
    token = token_of(main, Kind.LOGS)

    for snippet in CATALOGUE[Kind.LOGS]:
        html = as_admin.get(page_of(token, client=snippet.name)).content.decode()

        assert "has not set <code>LISTENER_URL</code>" in html
        assert "data-template" not in html
        assert "<pre" not in html


def test_no_snippet_of_reading_needs_a_listener(as_admin, main, settings):
    settings.LISTENER_URL = settings.QUERY_URL = ""
    token = token_of(main, Kind.API)

    lacking = {
        snippet.name
        for snippet in CATALOGUE[Kind.API]
        if "has not set <code>QUERY_URL</code>"
        in as_admin.get(page_of(token, client=snippet.name)).content.decode()
    }

    assert lacking == {"loki", "victorialogs", "victoriametrics", "mimir", "tempo"}


def test_who_may_not_copy_sees_where_the_secret_goes(client, main, staff):
    token = token_of(main, Kind.LOGS)
    client.force_login(staff)

    html = client.get(page_of(token)).content.decode()

    assert token.masked in html
    assert "but not copy it" in html
    assert "copy-secret" not in html


def test_copying_is_a_copy_like_any_other(as_admin, main):
    token = token_of(main, Kind.LOGS)
    html = as_admin.get(page_of(token)).content.decode()
    address = reverse("tokens:reveal", args=[main.pk, token.pk])
    assert f'<form method="post" action="{address}">' in html

    answer = as_admin.post(address, headers={"Accept": "application/json"})

    assert answer.json() == {"secret": token.secret_text}
    events = AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)
    assert [event.target for event in events] == [f"{token.name} ({token.masked})"]


def test_a_shared_token_is_used_by_its_link(as_admin, main):
    token = ShareFactory(account=main).token

    html = as_admin.get(page_of(token)).content.decode()

    for name in ("sharing:link", "sharing:code", "sharing:see_as_visitor"):
        assert reverse(name, args=[main.pk, token.pk]) in html
    assert "in an iframe" in html


def test_staff_see_no_link_of_a_shared_token(client, main, staff):
    token = ShareFactory(account=main).token
    client.force_login(staff)

    html = client.get(page_of(token)).content.decode()

    assert reverse("sharing:link", args=[main.pk, token.pk]) not in html
    assert "but not its link" in html


@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS, Kind.METRICS, Kind.SHARED])
def test_every_row_leads_to_it(as_admin, main, kind):
    token = (
        ShareFactory(account=main).token if kind == "shared" else token_of(main, kind)
    )
    lists = {Kind.API: "tokens:api", Kind.SHARED: "sharing:list"}
    address = reverse(lists.get(kind, "tokens:shipping"), args=[token.account_id])

    html = as_drawn(as_admin.get(address).text)

    assert f'href="{page_of(token)}"' in html
