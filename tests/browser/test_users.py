import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Membership, Role
from tests.browser.tokens import modal


@pytest.fixture
def page(visit, admin, member, main):
    return visit(admin, reverse("accounts:user_list", args=[main.pk]))


def row(page, text):
    return page.get_by_role("row").filter(has_text=text)


def test_a_person_is_invited_by_mail(page, mailoutbox):
    page.get_by_role("link", name="New user").click()
    form = page.locator("#new-row")
    form.get_by_label("E-mail").fill("new@acme.example")
    form.get_by_label("Role").select_option("read_only")
    form.get_by_role("button", name="Invite").click()

    expect(row(page, "new@acme.example")).to_contain_text("Invited")
    expect(page.locator("#notice")).to_contain_text("was invited by mail")
    assert mailoutbox[0].to == ["new@acme.example"]


def test_a_role_is_changed_where_it_stands(page, member):
    role = page.get_by_label("Role of Max Member")

    role.select_option("admin")

    expect(page.locator("#notice")).to_contain_text("Max Member: admin now.")
    expect(page.get_by_label("Role of Max Member")).to_have_value("admin")
    assert Membership.objects.get(user=member).role == Role.ADMIN


def test_a_person_is_suspended_and_let_in_again(page, member):
    row(page, "Max Member").hover()
    page.get_by_role("button", name="Suspend: Max Member").click()
    expect(row(page, "Max Member")).to_contain_text("Suspended")
    page.get_by_role("button", name="Unsuspend: Max Member").click()
    expect(row(page, "Max Member")).to_contain_text("Active")


def test_a_person_is_removed_after_a_question(page, member):
    row(page, "Max Member").hover()
    page.get_by_role("link", name="Remove: Max Member").click()
    expect(modal(page)).to_contain_text("member@acme.example cannot enter Acme")
    modal(page).get_by_role("button", name="Remove Max Member").click()

    expect(row(page, "Max Member")).to_have_count(0)
    assert not Membership.objects.filter(user=member).exists()


def test_the_last_admin_stays(page):
    remove = page.get_by_role("button", name="Remove: Ada Admin")

    expect(remove).to_have_attribute("aria-disabled", "true")
    expect(row(page, "Ada Admin").get_by_role("link", name="Remove")).to_have_count(0)


def test_a_new_person_joins_by_the_mail(page, visit, site, main, mailoutbox):
    page.get_by_role("link", name="New user").click()
    form = page.locator("#new-row")
    form.get_by_label("E-mail").fill("new@acme.example")
    form.get_by_role("button", name="Invite").click()
    expect(row(page, "new@acme.example")).to_contain_text("Invited")

    guest = visit(None, re.search(r"/welcome/\S+", mailoutbox[0].body)[0])
    guest.get_by_label("New Password", exact=True).fill("a long and dull password")
    guest.get_by_label("New Password (again)").fill("a long and dull password")
    guest.get_by_role("button", name="Choose this password and join").click()

    expect(guest).to_have_url(site + reverse("accounts:general", args=[main.pk]))
    page.reload()
    expect(row(page, "new@acme.example")).to_contain_text("Active")
