"""Undo of what was changed about filters and views."""

import pytest

from sharing.models import Filter, SharedView
from tests.factories import SharedViewFactory, ShareFactory
from tests.undoing import HX, offered, undo

VIEW = {"title": "Other", "address": "https://other.example/"}


@pytest.fixture
def views(main):
    return [SharedViewFactory(account=main, title=title) for title in "ABC"]


def titles(account):
    return "".join(account.shared_views.values_list("title", flat=True))


def test_a_changed_filter_is_as_it_was(as_admin, at, env):
    data = {"field": "env", "value": "prod", "version": env.version, "named": ""}
    changed = as_admin.post(at("filter_edit", env.pk), data, headers=HX)
    assert Filter.objects.get().value == "prod"

    undone = undo(as_admin, changed)

    assert undone.status_code == 200
    found = Filter.objects.get()
    assert (found.pk, found.values) == (env.pk, env.values)


def test_a_deleted_filter_is_there_again(as_admin, at, env):
    data = {"version": env.version, "named": ""}
    deleted = as_admin.post(at("filter_delete", env.pk), data, headers=HX)
    assert not Filter.objects.exists()

    undone = undo(as_admin, deleted)

    assert undone.status_code == 200
    assert Filter.objects.get().values == env.values


def test_a_filter_that_tokens_had_is_not_said_to_come_back(as_admin, at, main, env):
    share = ShareFactory(account=main, filters=[env])
    data = {"version": env.version, "named": str(share.pk)}

    deleted = as_admin.post(at("filter_delete", env.pk), data, headers=HX)

    assert not Filter.objects.exists()
    assert offered(deleted) is None


@pytest.mark.parametrize("place", range(3))
def test_a_deleted_view_stands_where_it_stood(as_admin, at, main, views, place):
    view = views[place]
    data = {"version": view.version}
    deleted = as_admin.post(at("view_delete", view.pk), data, headers=HX)
    assert titles(main) == "ABC".replace(view.title, "")

    undone = undo(as_admin, deleted)

    assert undone.status_code == 200
    assert titles(main) == "ABC"
    assert SharedView.objects.get(title=view.title).address == view.address


def test_a_changed_view_is_as_it_was(as_admin, at, main, views):
    data = VIEW | {"version": views[1].version}
    changed = as_admin.post(at("view_edit", views[1].pk), data, headers=HX)
    assert titles(main) == "AOtherC"

    undo(as_admin, changed)

    assert titles(main) == "ABC"


@pytest.mark.parametrize(
    ("verb", "place", "moved"), [("up", 1, "BAC"), ("down", 1, "ACB")]
)
def test_a_moved_view_goes_back(as_admin, at, main, views, verb, place, moved):
    answer = as_admin.post(at(f"view_{verb}", views[place].pk), headers=HX)
    assert titles(main) == moved

    undo(as_admin, answer)

    assert titles(main) == "ABC"


def test_what_did_not_move_is_not_moved_back(as_admin, at, main, views):
    answer = as_admin.post(at("view_up", views[0].pk), headers=HX)

    assert offered(answer) is None
