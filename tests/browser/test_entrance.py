from playwright.sync_api import expect

from tests.factories import MembershipFactory, UserFactory


def test_a_person_signs_in_with_mail_and_password(visit, site, transactional_db):
    UserFactory(email="dana@acme.example", password="a long and dull password")
    page = visit(None, "/login/")

    page.get_by_label("E-mail", exact=True).fill("dana@acme.example")
    page.get_by_label("Password", exact=True).fill("a long and dull password")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page).to_have_url(site + "/")


def test_a_wrong_password_is_said_and_the_mail_is_kept(visit, transactional_db):
    page = visit(None, "/login/")

    page.get_by_label("E-mail", exact=True).fill("dana@acme.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_label("E-mail", exact=True)).to_have_value("dana@acme.example")
    expect(page.get_by_text("password you specified are not correct")).to_be_visible()


def test_an_address_of_logzio_is_led_on_after_the_login(visit, site, transactional_db):
    person = UserFactory(email="dana@acme.example", password="a long and dull password")
    main = MembershipFactory(user=person).account
    page = visit(None, "/#/dashboard/settings/manage-tokens/api")

    expect(page).to_have_url(
        f"{site}/login/?next=/dashboard/settings/manage-tokens/api"
    )
    page.get_by_label("E-mail", exact=True).fill("dana@acme.example")
    page.get_by_label("Password", exact=True).fill("a long and dull password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{site}/accounts/{main.pk}/tokens/api/")

    page.goto(f"{site}/#/dashboard/settings/manage-users")
    expect(page).to_have_url(f"{site}/accounts/{main.pk}/users/")
