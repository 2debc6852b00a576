import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import Filter, Share
from tests.browser.tokens import act, copied, modal, row, switch
from tests.factories import ShareFactory


@pytest.fixture
def path(main):
    return reverse("sharing:list", args=[main.pk])


@pytest.fixture
def board(main, env, team):
    return ShareFactory(account=main, name="Board", filters=[env, team])


def test_a_link_is_made_after_one_sentence_says_what_it_shows(
    visit, admin, path, env, team
):
    page = visit(admin, path)

    page.get_by_role("link", name="New shared token").click()
    form = page.get_by_role("form", name="New shared token")
    form.get_by_label("Name").fill("Payments board")
    form.get_by_label("env: test").check()
    form.get_by_label("team: payments").check()
    sentence = form.locator(".sentence")
    expect(sentence).to_contain_text(
        "Logs of Acme where env is test and team is payments, until"
    )
    form.get_by_label("Any (OR)").check()
    expect(sentence).to_contain_text("where env is test or team is payments")
    form.get_by_role("button", name="Add").click()

    expect(row(page, "Payments board")).to_have_class("row-new")
    expect(row(page, "Payments board")).to_contain_text("OR")
    assert copied(page, "Payments board").startswith("tgs_")
    assert Share.objects.get().operator == "OR"


def test_everything_is_only_shown_by_who_ticks_it(visit, admin, path, env):
    page = visit(admin, f"{path}?new=1")
    form = page.get_by_role("form", name="New shared token")

    form.get_by_label("Name").fill("Wide")
    form.get_by_role("button", name="Add").click()
    expect(form).to_contain_text("Choose at least one filter, or tick")
    form.get_by_label("Show everything in this account").check()
    expect(form).to_contain_text("Whoever has the link reads every log line")
    form.get_by_role("button", name="Add").click()

    expect(row(page, "Wide")).to_contain_text("Everything")


def test_a_filter_less_widens_and_says_so_first(visit, admin, path, board):
    page = visit(admin, path)

    act(page, "Edit", "Board")
    modal(page).get_by_label("team: payments").uncheck()
    expect(modal(page)).to_contain_text("will show more than now")
    modal(page).get_by_role("button", name="Save").click()

    expect(modal(page)).to_have_count(0)
    expect(row(page, "Board")).not_to_contain_text("payments")
    assert [each.field for each in Share.objects.get().filters.all()] == ["env"]


def test_a_link_is_paused_and_resumed(visit, admin, path, board):
    page = visit(admin, path)

    switch(page, "Board").click()
    expect(row(page, "Board")).to_contain_text("Paused")
    switch(page, "Board").click()
    expect(row(page, "Board")).not_to_contain_text("Paused")


def test_a_link_is_deleted_and_restored(visit, admin, path, board):
    page = visit(admin, path)

    act(page, "Delete", "Board")
    modal(page).get_by_role("button", name="Delete Board").click()
    expect(row(page, "Board")).to_have_count(0)
    page.get_by_role("link", name="Recently deleted 1").click()
    page.get_by_role("button", name="Restore Board").click()

    expect(row(page, "Board")).to_contain_text("payments")
    assert copied(page, "Board") == board.secret_text


def test_a_filter_is_made_below_and_offered_above(visit, admin, path, board):
    page = visit(admin, path)

    page.get_by_role("link", name="New shared token").click()
    page.get_by_role("link", name="New filter").click()
    form = page.get_by_role("form", name="New filter")
    form.get_by_label("Log field").fill("region")
    form.get_by_label("Value").fill("eu")
    form.get_by_role("button", name="Add").click()

    expect(page.get_by_role("row", name="region eu")).to_have_class("row-new")
    options = page.get_by_role("form", name="New shared token").get_by_role("group")
    expect(options.get_by_label("region: eu")).to_be_visible()


def test_deleting_a_filter_names_and_pauses_what_it_would_widen(
    visit, admin, main, path, board, team
):
    ShareFactory(account=main, name="Tests only", filters=[Filter.objects.first()])
    page = visit(admin, path)

    page.get_by_role("row", name="team payments").hover()
    page.get_by_role("link", name="Delete filter team: payments").click()
    expect(modal(page)).to_contain_text("Without it 1 token would show more")
    expect(modal(page).get_by_role("listitem")).to_contain_text(["Board"])
    modal(page).get_by_role("button", name="Delete filter and pause 1 token").click()

    expect(page.get_by_role("row", name="team payments")).to_have_count(0)
    expect(row(page, "Board")).to_contain_text("Paused")
    expect(row(page, "Board")).to_contain_text("Nothing until")
    expect(row(page, "Tests only")).not_to_contain_text("Paused")
    switch(page, "Board").click()
    expect(page.locator("#notice")).to_contain_text("before it is resumed")
