from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import ChildFactory, ShareFactory, TokenFactory
from tests.tokens.uses import page, use
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.mark.parametrize("name", ["tokens:api", "tokens:all"])
def test_row_shows_who_called_last_and_how_much_in_14_days(as_admin, token, name):
    use(token, 1200)
    use(token, 4, ago=timedelta(days=3))

    html = as_admin.get(reverse(name, args=[token.account_id])).content.decode()

    assert "<title>1,204 calls in 14 days</title>" in html
    assert 'title="192.0.2.1 curl/8"' in html
    assert html.count('class="sparkline"') == 1
    assert f'id="usage-{token.pk}"' in html


def test_row_of_one_call_says_so(as_admin, token):
    use(token)

    html = as_admin.get(reverse("tokens:api", args=[token.account_id])).content.decode()

    assert "<title>1 call in 14 days</title>" in html


def test_row_of_a_token_that_was_never_used_has_no_drawing(as_admin, token):
    html = as_admin.get(reverse("tokens:api", args=[token.account_id])).content.decode()

    assert "sparkline" not in html
    assert f"{page(token)}#usage" not in html
    assert '<span class="muted">never</span>' in html


def test_row_of_long_ago_leads_to_its_callers_without_a_drawing(as_admin, token):
    use(token, ago=timedelta(days=20))

    html = as_admin.get(reverse("tokens:api", args=[token.account_id])).content.decode()

    assert "sparkline" not in html
    assert f"{page(token)}#usage" in html


def test_row_keeps_its_drawing_when_it_is_swapped(as_admin, main):
    first, second = main.tokens.get(), TokenFactory(account=main, kind=Kind.LOGS)
    for token in (first, second):
        use(token, 7)
    address = reverse("tokens:disable", args=[main.pk, second.pk])

    html = as_admin.post(address, headers=HTMX).content.decode()

    assert html.count("<title>7 calls in 14 days</title>") == 2


def test_metrics_row_of_another_account_leads_there(as_admin, main):
    child = ChildFactory(main=main, kind="metrics")
    use(child.tokens.get(), 3)

    address = reverse("tokens:shipping", args=[main.pk], query={"product": "metrics"})
    html = as_admin.get(address).content.decode()

    assert f"{page(child.tokens.get())}#usage" in html


def test_row_of_a_link_draws_its_calls(as_admin, main):
    share = ShareFactory(account=main).token
    use(share, 5)

    html = as_admin.get(reverse("sharing:list", args=[main.pk])).content.decode()

    assert "<title>5 calls in 14 days</title>" in html
