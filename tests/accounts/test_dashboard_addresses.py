import pytest

from accounts.models import Role
from accounts.views.dashboard import PAGES
from tests.factories import MembershipFactory

DASHBOARD = "/dashboard/settings"
HOSTILE = [
    "",
    "x",
    "settings",
    "settings/manage-tokens/api\x00",
    "../login/",
    "é" * 900,
]


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("manage-tokens/api", "tokens/api/"),
        ("api-tokens", "tokens/api/"),
        ("manage-tokens/shared", "tokens/shared/"),
        ("manage-tokens/data-shipping", "tokens/shipping/"),
        (
            "manage-tokens/data-shipping?product=tracing",
            "tokens/shipping/?product=tracing",
        ),
        ("manage-tokens/data-shipping/?product=%00", "tokens/shipping/?product=%00"),
        ("manage-accounts?product=Logs", "accounts/"),
        ("general/audit-trail", "audit/"),
    ],
)
def test_an_address_of_logzio_leads_to_its_page(as_admin, main, asked, led_to):
    response = as_admin.get(f"{DASHBOARD}/{asked}", follow=True)

    assert response.redirect_chain == [(f"/accounts/{main.pk}/{led_to}", 302)]
    assert response.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_every_address_leads_to_a_page(as_admin, main, page):
    assert as_admin.get(f"/dashboard/{page}", follow=True).status_code == 200


@pytest.mark.parametrize("page", HOSTILE)
def test_other_addresses_are_none(as_admin, main, page):
    assert as_admin.get(f"/dashboard/{page}").status_code == 404


def test_the_pages_of_the_main_account_are_found_from_a_child(as_admin, main, sub):
    as_admin.get(f"/accounts/{sub.pk}/general/")

    response = as_admin.get(f"{DASHBOARD}/manage-accounts")

    assert response.url == f"/accounts/{main.pk}/accounts/"


def test_who_may_not_see_a_page_is_led_to_what_is_theirs(client, main, sub, member):
    sub_admin = MembershipFactory(account=sub, role=Role.ADMIN).user
    client.force_login(sub_admin)
    there = client.get(f"{DASHBOARD}/manage-accounts").url
    client.force_login(member)
    client.cookies.pop("tollgate_account", None)

    assert there == f"/accounts/{sub.pk}/tokens/shipping/"
    assert (
        client.get(f"{DASHBOARD}/manage-users").url == f"/accounts/{main.pk}/general/"
    )


def test_staff_and_strangers_are_led_to_their_entrance(client, staff):
    address = f"{DASHBOARD}/manage-tokens/api"
    stranger = client.get(address)
    client.force_login(staff)

    assert stranger.url == f"/login/?next={address}"
    assert client.get(address).url == "/"
