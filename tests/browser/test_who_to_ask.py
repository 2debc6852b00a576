"""Pages that say why there is nothing to do here, and where to go instead."""

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import ChildFactory, MainFactory, MembershipFactory


def test_a_plain_user_is_told_which_admin_to_ask(visit, member, admin, main):
    page = visit(member, reverse("tokens:api", args=[main.pk]))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Ada Admin")).to_be_visible()
    expect(page.get_by_text("admin@acme.example")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the token")).to_have_count(0)


def test_community_keeps_the_tab_and_says_what_it_takes(visit, settings):
    settings.PLAN_URL = "https://tollgate.example/plans"
    main = MainFactory(name="Gratis", plan=Plan.COMMUNITY)
    person = MembershipFactory(account=main).user
    page = visit(person, reverse("tokens:api", args=[main.pk]))

    expect(page.get_by_text("API tokens come with the Pro")).to_be_visible()
    expect(page.get_by_role("link", name="See the plans")).to_have_attribute(
        "href", settings.PLAN_URL
    )
    expect(page.get_by_role("link", name="New API token")).to_have_count(0)


def test_a_metrics_account_leads_to_the_main_account(visit, admin, main):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS, name="Numbers")
    page = visit(admin, reverse("tokens:api", args=[metrics.pk]))

    expect(page.get_by_text("A metrics account has no API tokens")).to_be_visible()
    expect(page.get_by_role("link", name="New API token")).to_have_count(0)
    page.get_by_role("link", name="API tokens of Acme").click()

    expect(page.get_by_role("link", name="New API token")).to_be_visible()
    assert page.url.endswith(reverse("tokens:api", args=[main.pk]))


def test_nothing_is_shipped_to_a_security_account(visit, admin, main):
    security = ChildFactory(main=main, kind=AccountKind.SECURITY, name="Watch")
    page = visit(admin, reverse("tokens:shipping", args=[security.pk]))

    expect(
        page.get_by_role("heading", name="Nothing is shipped to a security account")
    ).to_be_visible()
    page.get_by_role("link", name="API tokens 0").click()
    expect(page.get_by_role("link", name="New API token")).to_be_visible()
