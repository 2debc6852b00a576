from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import BY, ShareFactory, TokenFactory
from tests.tokens.uses import current, page, use
from tokens.templatetags.usage import short
from tokens.usage import CALLERS_SHOWN
from tokens.views.usage import CALLERS_FIRST

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_the_address_of_usage_before_leads_to_the_page(as_admin, token):
    response = as_admin.get(reverse("tokens:usage", args=[token.account_id, token.pk]))

    assert (response.status_code, response.url) == (301, f"{page(token)}#usage")


def test_usage_tells_days_and_callers(as_admin, token):
    use(token, 1200)
    use(token, 34, caller=("192.0.2.2", ""), ago=timedelta(days=2))

    html = as_admin.get(page(token)).content.decode()

    today = timezone.localdate()
    assert f"{today:%A} {today.day} {today:%B}: 1,200 calls" in html
    assert "<strong>1,234</strong> calls in 14 days" in html
    assert "192.0.2.2" in html
    assert "unknown client" in html
    assert "within a minute" in html
    assert ">Secret</th>" not in html


def test_usage_tells_weeks_of_90_days(as_admin, token):
    use(token, 1200)
    use(token, 1034, ago=timedelta(days=89))

    html = as_admin.get(page(token)).content.decode()

    week = timezone.localdate() - timedelta(days=6)
    assert f"Week from {week:%A} {week.day} {week:%B}: 1,200 calls" in html
    assert "<strong>2,234</strong> calls in 90 days" in html
    assert '<b aria-hidden="true">1.0k</b>' in html
    assert html.count("<rect") == 14 + 13


@pytest.mark.parametrize(
    ("number", "words"),
    [
        *[(0, "0"), (999, "999"), (1299, "1.2k"), (9999, "9.9k"), (10_999, "10k")],
        *[(999_999, "999k"), (1_500_000, "1.5M"), (10**9, "1.0G"), (10**11, "100G")],
    ],
)
def test_numbers_over_bars_are_short(number, words):
    assert short(number) == words


def test_usage_of_an_unused_token_says_so(as_admin, token):
    html = as_admin.get(page(token)).content.decode()

    assert "Waiting for the first call" in html
    assert "<figure" not in html


def test_usage_of_long_ago_is_not_counted_any_more(as_admin, token):
    token.note_use("192.0.2.1", "curl/8")

    html = as_admin.get(page(token)).content.decode()

    assert "No calls are counted for it in the last 90 days." in html


def test_usage_names_what_was_too_much_to_tell_apart(as_admin, token):
    use(token, caller=("", ""))

    assert b"Others, not told apart" in as_admin.get(page(token)).content


def test_usage_names_the_secret_of_each_caller(as_admin, token):
    token.rotate(by=BY)
    earlier = token.secrets.exclude(valid_until=None).get().pk
    old = current(token)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    for secret in (0, earlier, old, current(token), 10**6):
        use(token, caller=(f"s{secret}", ""), secret=secret)

    html = as_admin.get(page(token)).content.decode()

    cells = [part.split("<")[0] for part in html.split('data-label="Secret">')[1:]]
    assert sorted(cells) == ["current", "earlier", "earlier", "not known", "old"]


def test_usage_shows_a_hundred_callers_and_says_so(as_admin, token):
    for number in range(CALLERS_SHOWN + 1):
        use(token, caller=("192.0.2.1", f"agent {number}"))

    few = as_admin.get(page(token)).content.decode()
    html = as_admin.get(page(token, callers="all")).content.decode()

    assert few.count('data-label="Caller"') == CALLERS_FIRST
    assert f"Show {CALLERS_SHOWN - CALLERS_FIRST} more" in few
    assert html.count('data-label="Caller"') == CALLERS_SHOWN
    assert f"Only the {CALLERS_SHOWN} seen last are shown." in html


@pytest.fixture
def rotating(token):
    """The token while it is rotated, with a caller on each secret."""
    old = current(token)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    use(token, caller=("192.0.2.1", "stays"), secret=old)
    use(token, caller=("192.0.2.2", "moves"), secret=current(token))
    return token


def test_rotation_is_a_checklist_of_callers(as_admin, rotating):
    html = as_admin.get(page(rotating)).content.decode()

    assert "1 of 2 callers moved to the new secret" in html
    assert html.count('data-place="old"') == html.count('data-place="moved"') == 1
    assert "1 caller has not moved and would fail" in html
    assert "1 caller uses it and would fail" in html
    for verb in ("finish", "roll_back"):
        args = [rotating.account_id, rotating.pk]
        assert reverse(f"tokens:{verb}", args=args) in html


def test_rotation_without_callers_says_so(as_admin, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))

    html = as_admin.get(page(token)).content.decode()

    assert "Nobody called in the last 14 days" in html
    assert "would fail" not in html


def test_rotation_of_very_many_callers_shows_the_most_urgent(as_admin, rotating):
    for number in range(60):
        caller = ("", "") if number == 7 else ("192.0.2.3", f"agent {number}")
        use(rotating, caller=caller, secret=current(rotating))

    html = as_admin.get(page(rotating)).content.decode()

    assert html.count("data-place=") == 50
    assert "Only the first 50 are shown." in html
    assert 'data-place="old"' in html


def test_staff_see_the_checklist_and_end_nothing(client, staff, rotating):
    client.force_login(staff)

    html = client.get(page(rotating)).content.decode()

    assert "1 of 2 callers moved" in html
    assert "/finish/" not in html
    assert "/roll-back/" not in html


def test_the_end_of_a_rotation_leads_back_to_the_page(as_admin, rotating):
    html = as_admin.get(page(rotating)).content.decode()

    assert html.count(f"roll-back/?next={quote(page(rotating), safe='')}") == 2


def test_row_of_a_rotating_token_leads_to_its_callers(as_admin, rotating):
    html = as_admin.get(reverse("tokens:api", args=[rotating.account_id]))

    assert f'id="callers-{rotating.pk}"' in html.content.decode()


def test_dialogs_count_the_callers_that_they_do_not_show(as_admin, token):
    for number in range(7):
        use(token, caller=("192.0.2.1", f"agent {number}"))

    html = as_admin.get(reverse("tokens:delete", args=[token.account_id, token.pk]))

    assert "7 by 7 callers from 1 address<" in html.content.decode()
    assert "and 2 more" in html.content.decode()


def test_deleting_a_link_says_what_stops_besides(as_admin, main, token):
    share = ShareFactory(account=main).token

    asked = [
        as_admin.get(reverse("tokens:delete", args=[main.pk, each.pk]))
        for each in (share, token)
    ]

    assert b"Its link and QR code stop" in asked[0].content
    assert b"QR code" not in asked[1].content


def test_callers_are_escaped_wherever_they_show(as_admin, token):
    old = current(token)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    use(token, caller=('"><img src=x>', "<script>alert(1)</script>"), secret=old)
    args = [token.account_id, token.pk]
    pages = [
        reverse("tokens:api", args=args[:1]),
        *(reverse(f"tokens:{verb}", args=args) for verb in ("page", "delete")),
    ]

    for address in pages:
        html = as_admin.get(address).content.decode()

        assert "&lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html
        assert "<img" not in html
