"""How accounts are found and picked in the form of a new one."""

import pytest

from accounts.models import Account
from tests.factories import ChildFactory


@pytest.mark.parametrize(
    ("kind", "field", "list_name"),
    [
        ("metrics", "plan_uts", "authorized_accounts"),
        ("tracing", "monthly_spans", "authorized_accounts"),
        ("security", "", "accounts_to_scan"),
    ],
)
def test_new_account_has_its_list(client, sub, new, admin, kind, field, list_name):
    client.force_login(admin)
    numbers = {field: "1", "daily_multiplier": "8"} if field else {}

    client.post(f"{new}?kind={kind}", {"name": "Fresh", list_name: sub.pk} | numbers)

    assert list(getattr(Account.objects.get(name="Fresh"), list_name).all()) == [sub]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_find_shows_matching_accounts_and_keeps_what_was_typed(
    client, main, new, admin, headers, monkeypatch
):
    monkeypatch.setattr("accounts.forms.pickers.ACCOUNTS_SHOWN", 1)
    picked = ChildFactory(main=main, name="Picked")
    ChildFactory.create_batch(2, main=main)
    wanted = ChildFactory(main=main, name="Wanted")
    client.force_login(admin)

    response = client.post(
        f"{new}find/?kind=security",
        {
            "name": "Half a na",
            "accounts_to_scan": [str(picked.pk), "x", "9" * 5000],
            "accounts_to_scan_like": "want\x00",
        },
        headers=headers,
    )

    page = response.content.decode()
    box = 'type="checkbox" name="accounts_to_scan" value="{}"{}>'
    assert response.status_code == 200
    assert 'value="Half a na"' in page
    assert box.format(picked.pk, " checked") in page
    assert box.format(wanted.pk, "") in page
    assert page.count('name="accounts_to_scan" ') == 2
    assert "errorlist" not in page
    assert f'action="{new}?kind=security"' in page


def test_picker_says_how_many_it_shows(client, main, sub, new, admin, monkeypatch):
    monkeypatch.setattr("accounts.forms.pickers.ACCOUNTS_SHOWN", 1)
    client.force_login(admin)

    page = client.get(f"{new}?kind=security").content.decode()

    assert "The first 1 are shown." in page
    assert f'formaction="{new}find/?kind=security"' in page


def test_picker_says_that_nothing_matches(client, sub, new, admin):
    client.force_login(admin)

    response = client.post(
        f"{new}find/?kind=security", {"accounts_to_scan_like": "<zzz>"}
    )

    assert "has “&lt;zzz&gt;” in its name" in response.content.decode()


def test_a_search_in_the_advanced_part_keeps_it_open(client, sub, new, admin):
    client.force_login(admin)

    find = client.post(f"{new}find/", {"sharing_objects_accounts_like": "stag"})
    plain = client.get(new)

    assert '<details class="more" open>' in find.content.decode()
    assert '<details class="more" open>' not in plain.content.decode()


def test_a_list_may_be_long(client, sub, new, admin):
    client.force_login(admin)
    many = [str(sub.pk)] * 1500

    client.post(f"{new}?kind=security", {"name": "Fresh", "accounts_to_scan": many})

    assert Account.objects.get(name="Fresh").accounts_to_scan.get() == sub
