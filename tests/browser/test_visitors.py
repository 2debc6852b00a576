"""Visitors of one browser, of whom none finds anything that another one left."""

import pytest

from tests.browser.conftest import Visitor

STORES = """
    async () => ({
        local: {...localStorage},
        session: {...sessionStorage},
        databases: (await indexedDB.databases()).map((each) => each.name),
        caches: await caches.keys(),
        history: history.length,
        name: window.name,
    })
"""
FILL = """
    async () => {
        localStorage.setItem("left", "behind");
        sessionStorage.setItem("left", "behind");
        window.name = "left";
        history.pushState(null, "", "?left=behind");
        await caches.open("left");
        const opening = indexedDB.open("left");
        await new Promise((done) => opening.addEventListener("success", done));
    }
"""


@pytest.fixture
def nothing(chromium, site):
    """What a page finds in a profile that nobody has had before."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(site + "/login/")
        return page.evaluate(STORES)


def test_a_visitor_finds_nothing_of_the_one_before(profiles, site, admin, nothing):
    leaver = Visitor(profiles, site, admin, {})
    leaver.page.goto(site + "/profile/")
    leaver.page.evaluate(FILL)
    leaver.context.new_page().goto(site + "/profile/")
    leaver.close()

    finder = Visitor(profiles, site, None, {})
    assert finder.context is leaver.context
    assert finder.context.pages == [finder.profile.blank, finder.page]
    assert finder.context.cookies() == []
    finder.page.goto(site + "/login/")
    assert finder.page.evaluate(STORES) == nothing
    finder.close()


def test_two_at_once_have_profiles_of_their_own(profiles, site, admin, member):
    one, other = (Visitor(profiles, site, each, {}) for each in (admin, member))

    assert one.context is not other.context
    assert one.context.cookies() != other.context.cookies()
    for each in (one, other):
        each.close()


def test_nobody_gets_the_profile_of_who_was_alone(profiles, site):
    alone = Visitor(profiles, site, None, {}, alone=True)
    alone.close()

    finder = Visitor(profiles, site, None, {})
    assert finder.context is not alone.context
    finder.close()
