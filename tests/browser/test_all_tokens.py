import csv
from io import StringIO
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import TokenFactory
from tokens.bulk_worker import carry_on
from tokens.kinds import Kind
from tokens.models import Token


@pytest.fixture
def tokens(main, sub):
    return [
        TokenFactory(account=main, name="Terraform"),
        TokenFactory(account=sub, name="Nightly export"),
        TokenFactory(account=sub, name="Fluentd", kind=Kind.LOGS),
    ]


@pytest.fixture
def page(visit, admin, main, tokens):
    return visit(admin, reverse("tokens:all", args=[main.pk]))


def test_tokens_of_every_account_are_narrowed_by_filters(page):
    expect(page.locator("#rows tr")).to_have_count(5)

    page.locator("summary", has_text="Kind").click()
    page.get_by_label("API token", exact=True).check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(2)
    assert "kind=api" in page.url

    page.locator("summary", has_text="Account").click()
    page.locator("#options-account").get_by_label("Staging").check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_text("Nightly export")

    page.get_by_role("list", name="Filters in use").get_by_role("link").first.click()
    expect(page.get_by_role("list", name="Filters in use")).to_be_visible()
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page.locator("#rows tr")).to_have_count(5)


def test_many_are_disabled_with_exceptions_and_taken_back(page, opens, tokens):
    expect(page.locator("#bulk")).to_be_hidden()
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.locator("#bulk")).to_contain_text("5 selected")
    page.get_by_role("button", name="Disable…").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Disable 3 tokens?")
    left = page.locator("#exceptions")
    expect(left.get_by_role("rowheader", name="default")).to_have_count(2)
    page.get_by_role("button", name="Disable 3 tokens").click()

    expect(page.get_by_role("heading", name="Disabling 3 tokens")).to_be_visible()
    page.get_by_role("button", name="Stop").focus()
    carry_on()
    done = page.get_by_role("heading", name="3 of 3 tokens disabled")
    expect(done).to_be_visible()
    assert not opens(tokens[0].secret_text)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Enabling 3 tokens")).to_be_visible()
    carry_on()
    expect(page.get_by_role("heading", name="3 of 3 tokens enabled")).to_be_visible()
    assert opens(tokens[0].secret_text)


def test_shift_chooses_the_rows_between(page):
    boxes = page.locator("#rows").get_by_role("checkbox")

    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])

    expect(boxes.nth(2)).to_be_checked()
    expect(boxes.nth(0)).not_to_be_checked()
    expect(page.locator("#bulk")).to_contain_text("3 selected")


def test_the_csv_has_what_is_listed_and_no_secret(page, tokens):
    for _ in range(2):
        with page.expect_download() as download:
            page.get_by_role("button", name="Export CSV").click()

    text = Path(download.value.path()).read_text()
    names = {line["name"] for line in csv.DictReader(StringIO(text.lstrip("\ufeff")))}
    assert names == {"Terraform", "Nightly export", "Fluentd", "default"}
    assert not any(token.secret_text in text for token in tokens)


def test_a_pasted_secret_finds_its_page_and_leaves_no_trace(page, tokens):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    box = page.get_by_role("searchbox", name="Filter by name, note or pasted token")

    box.fill(tokens[1].secret_text)
    box.press("Enter")

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Nightly export")
    assert not any(tokens[1].secret_text in url for url in asked)
    assert tokens[1].secret_text not in page.content()
    assert Token.objects.get(pk=tokens[1].pk).last_used_at is None


def test_a_secret_of_somebody_else_is_not_found_and_not_repeated(page):
    foreign = TokenFactory(name="Elsewhere")
    box = page.get_by_role("searchbox", name="Filter by name, note or pasted token")

    box.fill(foreign.secret_text)
    box.press("Enter")

    expect(page.locator("#notice")).to_contain_text(
        "There is no token with this secret"
    )
    assert foreign.secret_text not in page.url + page.content()
