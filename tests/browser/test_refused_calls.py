"""Refused calls: found by the count, enabled for an hour, put aside."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import BY, TokenFactory
from tests.gateway.receivers import receiving
from tests.gateway.uses import refuse
from tokens.models import Token


@pytest.fixture
def tokens(main):
    tokens = [TokenFactory(account=main, name=name) for name in ("Grafana", "Backup")]
    for token in tokens:
        token.delete_softly(by=BY)
        refuse(token, address="192.0.2.7")
    return tokens


@pytest.fixture
def page(visit, admin, main, tokens):
    return visit(admin, reverse("tokens:api", args=[main.pk]))


def card(page, name):
    return page.get_by_role("article", name=name)


def test_who_still_uses_a_deleted_token_gets_an_hour(page, opens, tokens):
    grafana = tokens[0]
    assert not opens(grafana.secret_text)

    page.get_by_role("link", name="Refused calls 2").click()
    expect(card(page, "Grafana")).to_contain_text("192.0.2.7")
    card(page, "Grafana").get_by_role("button", name="Enable again").click()

    expect(page.locator("#notice")).to_contain_text("Grafana works for an hour.")
    expect(card(page, "Grafana")).to_contain_text("Works again until")
    expect(page.get_by_role("link", name="Refused calls 1")).to_be_visible()
    assert opens(grafana.secret_text)


def test_what_is_put_aside_goes_and_the_focus_moves_on(page, tokens):
    page.get_by_role("link", name="Refused calls 2").click()
    card(page, "Backup").get_by_role("button", name="Put aside").press("Enter")

    expect(card(page, "Backup")).to_have_count(0)
    expect(card(page, "Grafana").get_by_role("link")).to_be_focused()
    card(page, "Grafana").get_by_role("button", name="Put aside").press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.get_by_role("link", name="Refused calls", exact=True)).to_be_visible()

    page.get_by_role("link", name="Put aside").click()
    expect(page.get_by_role("article")).to_have_count(2)
    assert {token.state for token in Token.objects.filter(name="Backup")} == {"deleted"}


def test_a_webhook_is_added_and_tested(page, site, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    page.get_by_role("link", name="Refused calls 2").click()
    page.get_by_role("link", name="Notices").click()
    with receiving(status=202, body=b"thank you") as receiver:
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Add webhook").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#answer")).to_contain_text("202 thank you")

    expect(page.locator("#way-webhook")).to_contain_text("Last sent just now")
    page.get_by_role("link", name="New secret").click()
    expect(page.locator("#modal")).to_contain_text("Make a new signing secret?")
