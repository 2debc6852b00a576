import pytest
from playwright.sync_api import expect

from tests.factories import ChildFactory


@pytest.fixture
def picker(main, monkeypatch):
    """The address of a form that shows two of four accounts to pick from."""
    monkeypatch.setattr("accounts.forms.pickers.ACCOUNTS_SHOWN", 2)
    for name in ("Aaa", "Bbb", "Ccc", "Ddd"):
        ChildFactory(main=main, name=name)
    return f"/accounts/{main.pk}/accounts/new/?kind=security"


@pytest.mark.parametrize("scripts", [True, False])
def test_picker_finds_more_and_keeps_what_is_ticked(visit, admin, picker, scripts):
    page = visit(admin, picker, java_script_enabled=scripts)

    page.get_by_label("Name", exact=True).fill("Watch")
    page.get_by_role("checkbox", name="Aaa").check()
    page.get_by_label("Find accounts").press_sequentially("ddd")
    if not scripts:
        page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("checkbox", name="Ddd").check()
    page.get_by_role("button", name="Create account").last.click()

    expect(page.get_by_role("heading", name="Watch")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Aaa, Ddd")


def test_a_dialog_that_is_a_page_of_its_own_works(visit, sub, admin):
    page = visit(admin, f"/accounts/{sub.pk}/suspend/")

    page.get_by_label("Reason").fill("Too loud")
    page.get_by_role("button", name="Suspend Staging").click()

    expect(page.locator(".notice[data-level='warning']")).to_contain_text("Too loud")


def test_a_row_menu_takes_the_focus_back(visit, main, sub, admin):
    page = visit(admin, f"/accounts/{main.pk}/accounts/")
    more = page.locator(f"#more-{sub.pk}")

    page.locator(f"#account-{sub.pk}").hover()
    more.click()
    page.locator(f"#menu-{sub.pk}").get_by_text("Suspend").click()
    page.get_by_label("Reason").fill("Too loud")
    page.get_by_role("button", name="Suspend Staging").click()

    state = page.locator(f"#account-{sub.pk}[data-state='suspended']")
    expect(state).to_be_visible()
    expect(more).to_be_focused()
