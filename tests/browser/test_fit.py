"""Of no row is anything cut off, whatever the width of the screen and of the names."""

import pytest
from django.urls import reverse

from accounts.models import Account
from tests.browser.places import paths
from tests.browser.world import UNBROKEN, furnish
from tests.factories import TokenFactory
from tests.tokens.bulk_jobs import at
from tests.tokens.uses import use
from tokens.models import BulkJob, Token
from tokens.models.bulk_items import BulkAction

WIDTHS = (320, 375, 768, 1024, 1100, 1200, 1300, 1440, 1920)
AREAS = {
    "tokens": ("tokens:api", "tokens:shipping", "sharing:list", "tokens:all"),
    "settings": ("accounts:user_list", "accounts:account_list", "accounts:audit_list"),
    "calls": ("tokens:deleted", "gateway:refused_calls", "tokens:health"),
}
# What is in sight of a row must be in its frame, and nothing may lie on anything else.
CUT = """
() => {
  const wrong = new Set();
  const seen = (each) => each.checkVisibility() && !each.closest("thead, .visually-hidden");
  const box = (each) => each.getBoundingClientRect();
  const lies = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
  const called = (each) => each.className || each.dataset.label || each.localName;
  if (document.scrollingElement.scrollWidth > innerWidth) wrong.add("page scrolls");
  for (const figure of document.querySelectorAll(".cards[data-size='small'] .figure")) {
    const lines = box(figure).height / parseFloat(getComputedStyle(figure).lineHeight);
    if (lines > 1.5 || figure.scrollWidth > figure.clientWidth) wrong.add("a number is broken");
  }
  for (const row of document.querySelectorAll("tr")) {
    const frame = box(row.closest(".table-wrap, .refused-tokens, main"));
    const cells = [...row.children].filter(seen).map((each) => [each, box(each)]);
    const ends = Math.max(...cells.map(([, here]) => here.bottom));
    if (cells.length && ends < box(row).bottom - 16) wrong.add("a line of a row is empty");
    for (const [cell] of cells) {
      const parts = [...cell.children].filter(seen).map((each) => [each, box(each)]);
      for (const [index, [part, here]] of parts.entries()) {
        for (const [other, there] of parts.slice(index + 1)) {
          if (lies(here, there)) wrong.add(`${called(part)} lies on ${called(other)}`);
        }
      }
    }
    for (const [cell, here] of cells) {
      if (here.right > frame.right + 1) wrong.add(`${called(cell)} is cut off`);
      for (const [other, there] of cells) {
        if (cell !== other && lies(here, there)) wrong.add(`${called(cell)} lies on ${called(other)}`);
      }
    }
  }
  return [...wrong];
}
"""


@pytest.fixture
def world(db):
    world = furnish()
    Token.objects.filter(account=world.main).update(
        last_used_address="2001:db8:85a3:1111:2222:8a2e:370:7334",
        last_used_agent=UNBROKEN,
        created_by=f"{UNBROKEN}@example.com",
        networks="203.0.113.0/24",
    )
    Account.objects.filter(pk=world.tracing.pk).update(monthly_spans=20_000_000)
    return world


@pytest.fixture
def look(site):
    def look(page, addresses):
        found = {}
        for address in addresses:
            page.goto(site + address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if wrong := page.evaluate(CUT):
                    found[address, width] = wrong
        return found

    return look


@pytest.mark.parametrize("area", AREAS)
def test_nothing_of_a_row_is_cut_off(visit, world, look, area):
    page = visit(world.admin, "/profile/")

    assert look(page, paths(world.main, *AREAS[area])) == {}


@pytest.mark.parametrize(
    ("action", "query"),
    [(BulkAction.ROTATE, ""), (BulkAction.RESTRICT, "?networks=203.0.113.0/25")],
)
def test_nothing_of_what_becomes_of_many_is_cut_off(visit, world, look, action, query):
    tokens = Token.objects.filter(account=world.main).not_deleted()
    job = BulkJob.prepare(tokens, account=world.main, user=world.admin, action=action)
    page = visit(world.admin, "/profile/")

    assert look(page, [at("job", world.main, job.pk) + query]) == {}


COLUMNS = """
() => [...document.querySelectorAll(".health table")].map((table) =>
  [...table.querySelectorAll("thead th")].map((each) =>
    `${each.textContent} at ${Math.round(each.getBoundingClientRect().left)}`).join(", "))
"""


def test_the_columns_of_health_are_where_they_are_in_each_group(visit, world):
    address = reverse("tokens:health", args=[world.main.pk])

    groups = visit(world.admin, address).evaluate(COLUMNS)

    plain = [group for group in groups if "Remedy" not in group]
    assert len(plain) > 1
    assert len(set(plain)) == 1


def test_nothing_of_the_console_of_staff_is_cut_off(visit, world, staff, look):
    page = visit(staff, "/profile/")
    organisation = reverse(
        "accounts:staff_organisation", args=[world.main.organisation_id]
    )
    names = ("accounts:staff_organisations", "tokens:gateway", "usersessions_list")

    assert look(page, [organisation, *map(reverse, names)]) == {}


def boxes(page, *selectors):
    row = page.locator("#rows tr:not([hidden])").first
    return [row.locator(selector).first.bounding_box() for selector in selectors]


@pytest.mark.parametrize("width", [1024, 1440])
def test_the_caller_stands_under_the_time_and_the_drawing_beside(
    visit, admin, main, width
):
    use(TokenFactory(account=main, name="Terraform"), 7)
    viewport = {"width": width, "height": 800}
    page = visit(admin, reverse("tokens:api", args=[main.pk]), viewport=viewport)

    time, caller, drawing = boxes(page, ".use time", ".last-use .by", ".sparkline")
    assert caller["x"] == pytest.approx(time["x"], abs=1)
    assert caller["y"] >= time["y"] + time["height"]
    assert drawing["x"] >= max(each["x"] + each["width"] for each in (time, caller))


def test_a_row_is_two_lines_on_a_phone_and_the_tabs_are_one(visit, admin, main):
    use(TokenFactory(account=main, name="Terraform"), 7)
    viewport = {"width": 375, "height": 800}
    page = visit(admin, reverse("tokens:api", args=[main.pk]), viewport=viewport)

    name, state, token, time = boxes(page, ".name", ".badge", ".token", ".use time")
    assert abs(name["y"] - state["y"]) < 8
    assert abs(token["y"] - time["y"]) < 8
    assert boxes(page, ":scope > .row-actions")[0]["x"] > state["x"]
    assert page.locator("#rows tr:not([hidden])").first.bounding_box()["height"] < 80
    tabs = page.locator("#tabs a").evaluate_all("all => all.map((a) => a.offsetTop)")
    assert len(set(tabs)) == 1
    assert page.locator("#tabs [aria-current]").bounding_box()["x"] < 300
