"""What is folded away when a token is made, and what many are restricted by, looked at."""

import pytest
from django.urls import reverse

from tests.browser.examination import looks
from tests.factories import ChildFactory, TokenFactory
from tests.tokens.bulk_jobs import at
from tokens.models import BulkJob
from tokens.models.bulk_items import BulkAction


@pytest.mark.parametrize("name", ["tokens:api", "sharing:list"])
def test_the_fold_of_a_new_token(visit, admin, main, accessibility, name):
    ChildFactory(main=main, name="Staging")
    page = visit(admin, f"{reverse(name, args=[main.pk])}?new=1")
    page.locator("details.restrict > summary").click()
    areas = page.locator('input[value="areas"]')
    if areas.count():
        areas.check()
    page.locator("textarea[name=networks]").fill("office")
    said = page.locator("#new-says")
    said.filter(has_text="This is no address and no network").wait_for()

    assert [*looks(page, accessibility)] == []


def test_the_preview_of_many(visit, admin, main, accessibility):
    token = TokenFactory(account=main, networks=["10.0.0.0/8"])
    others = TokenFactory.create_batch(2, account=main)
    job = BulkJob.prepare(
        [token, *others], account=main, user=admin, action=BulkAction.RESTRICT
    )
    page = visit(admin, at("job", main, job.pk))
    page.locator("textarea[name=networks]").fill("2001:db8::/32")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Restrict 2 tokens").wait_for()

    assert [*looks(page, accessibility)] == []
