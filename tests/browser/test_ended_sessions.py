"""A session that ended while something was typed costs a login, and nothing else."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.creates import CREATES
from tests.browser.people import sign_in, with_password
from tests.browser.tokens import act, modal, name_field, row
from tests.factories import TokenFactory
from tokens.models import Token


@pytest.fixture
def somebody(request, admin, staff):
    def of(create):
        return with_password(staff if create.by_staff else admin)

    return of


@pytest.mark.parametrize("kind", CREATES)
def test_what_was_typed_is_back_after_the_login(visit, somebody, main, kind):
    create = CREATES[kind]
    person = somebody(create)
    page = visit(person, create.path(main))
    create.open(page)
    create.fill(page)
    Session.objects.all().delete()
    create.send(page)

    sign_in(page, person.email)

    expect(page.get_by_text("What you typed is back.")).to_be_visible()
    create.expect_filled(page)
    assert create.count() == 0
    create.send(page)
    create.expect_made(page)
    expect(page.get_by_text("What you typed is back.")).to_have_count(0)
    assert create.count() == 1


def test_a_dialog_is_open_again_after_the_login(visit, admin, main):
    TokenFactory(account=main, name="Terraform")
    page = visit(with_password(admin), reverse("tokens:api", args=[main.pk]))
    act(page, "Set expiry of", "Terraform")
    modal(page).get_by_label("Expires").select_option("30")
    Session.objects.all().delete()
    modal(page).get_by_role("button", name="Set expiry").click()

    sign_in(page, admin.email)

    expect(modal(page)).to_contain_text("What you typed is back.")
    expect(modal(page).get_by_label("Expires")).to_have_value("30")
    modal(page).get_by_role("button", name="Set expiry").click()
    expect(row(page, "Terraform").get_by_text("in 30 days")).to_be_visible()


def test_somebody_else_who_signs_in_is_not_shown_it(visit, admin, sub_admin, main, sub):
    page = visit(admin, reverse("tokens:api", args=[sub.pk]))
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Nightly export")
    Session.objects.all().delete()
    name_field(page).press("Enter")

    sign_in(page, with_password(sub_admin).email)

    expect(name_field(page)).to_have_value("")
    page.wait_for_load_state("load")
    assert page.evaluate("sessionStorage.getItem('tollgate.draft')") is None


def test_no_token_is_kept_that_was_pasted_as_a_name(visit, admin, main):
    token = TokenFactory(account=main, name="Terraform")
    page = visit(admin, reverse("tokens:api", args=[main.pk]))
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill(token.secret_text)
    Session.objects.all().delete()
    name_field(page).press("Enter")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert token.secret_text not in page.evaluate("JSON.stringify(sessionStorage)")


def test_an_address_that_only_forms_send_to_is_a_page_of_ours(visit, admin, main):
    page = visit(admin, reverse("tokens:api_create", args=[main.pk]))

    expect(page.get_by_role("heading", name="Nothing to look at here")).to_be_visible()
    page.get_by_role("link", name="To the account").click()
    expect(page.get_by_role("heading", name="Account settings")).to_be_visible()
    assert not Token.objects.filter(kind="api").exists()
