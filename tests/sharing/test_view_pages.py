import pytest
from django.utils.html import escape

from accounts.models import AccountKind
from sharing.models import SharedView
from sharing.views import tab
from tests.factories import BY, ChildFactory, SharedViewFactory

HX = {"HX-Request": "true"}
NEW = {"title": "Payments", "address": "https://grafana.acme.example/d/1"}


@pytest.fixture
def view(main):
    return SharedViewFactory(account=main, title="Board")


def seen(view, **changes):
    return NEW | {"version": view.version} | changes


def titles(account):
    return [view.title for view in account.shared_views.all()]


def test_create_adds_a_view(as_admin, main, at):
    response = as_admin.post(at("view_create"), NEW)

    assert response.url == at("list")
    assert titles(main) == ["Payments"]


def test_create_answers_htmx_with_all_views(as_admin, main, view, at):
    response = as_admin.post(at("view_create"), NEW, headers=HX)

    html = response.text
    assert html.strip().startswith('<section id="views"')
    assert html.index(f'id="view-{view.pk}"') < html.index('class="row-new"')
    assert "Payments is added." in html
    assert '<tr id="new-view" hidden></tr>' in html


@pytest.mark.parametrize("headers", [{}, HX])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "This field is required."),
        ({"title": "t" * 101}, "at most 100 characters"),
        ({"title": "a\u2028b"}, "Control characters are not allowed."),
        ({"address": ""}, "This field is required."),
        ({"address": "javascript:alert(1)"}, "Give a whole address"),
        ({"address": "https://x/" + "a" * 2000}, "at most 2000 characters"),
        ({"address": "https://x/\x00"}, "Null characters are not allowed."),
    ],
)
def test_create_keeps_what_was_typed_and_says_what_is_wrong(
    as_admin, main, at, headers, changes, message
):
    response = as_admin.post(at("view_create"), NEW | changes, headers=headers)

    assert response.status_code == 422
    assert escape(message) in response.text
    assert 'id="new-view" class="row-form"' in response.text
    kept = "address" if "title" in changes else "title"
    assert f'value="{NEW[kept]}"' in response.text
    assert response.headers.get("HX-Retarget") == ("#new-view" if headers else None)
    assert not main.shared_views.exists()


def test_create_in_an_account_without_logs_is_refused(client, main, admin):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    client.force_login(admin)

    response = client.post(f"/accounts/{metrics.pk}/tokens/shared/views/new/", NEW)

    assert response.status_code == 409


def test_form_opens_from_the_address(as_admin, at):
    html = as_admin.get(at("list") + "?view=new").text

    assert '<tr id="new-view" class="row-form">' in html


def test_no_more_are_offered_than_there_may_be(as_admin, view, at, monkeypatch):
    assert "New view" in as_admin.get(at("list")).text

    monkeypatch.setattr(tab, "MOST_DASHBOARDS", 1)

    assert "New view" not in as_admin.get(at("list")).text


def test_list_says_what_views_are_for(as_admin, at):
    assert "No views yet" in as_admin.get(at("list")).text


def test_titles_and_addresses_are_text(as_admin, main, at):
    title, address = "<b>&'\"", "https://x.example/?a=<b>&c='\""
    SharedViewFactory(account=main, title=title, address=address)

    html = as_admin.get(at("list")).text

    assert f'title="{escape(title)}">{escape(title)}</span>' in html
    assert f'href="{escape(address)}"' in html


@pytest.mark.parametrize("headers", [{}, HX])
def test_edit_saves(as_admin, main, view, at, headers):
    address = at("view_edit", view.pk)
    assert 'value="Board"' in as_admin.get(address).text

    as_admin.post(address, seen(view), headers=headers)

    assert titles(main) == ["Payments"]


@pytest.mark.parametrize("name", ["view_edit", "view_delete"])
def test_second_writer_is_refused(as_admin, main, view, at, name):
    data = seen(view)
    view.edit(title="Z", address=view.address, by=BY)

    assert as_admin.post(at(name, view.pk), data).status_code == 412
    assert titles(main) == ["Z"]


@pytest.mark.parametrize("version", ["", "0", "x", "9" * 30])
def test_version_that_makes_no_sense_is_asked_again(as_admin, view, at, version):
    data = seen(view, version=version)

    assert as_admin.post(at("view_delete", view.pk), data).status_code == 422


@pytest.mark.parametrize("headers", [{}, HX])
def test_delete(as_admin, main, view, at, headers):
    address = at("view_delete", view.pk)
    assert "Links of this account no longer list it" in as_admin.get(address).text

    response = as_admin.post(address, seen(view), headers=headers)

    assert not SharedView.objects.exists()
    assert ("HX-Trigger" in response.headers) == bool(headers)


@pytest.mark.parametrize(("name", "order"), [("view_up", "BAC"), ("view_down", "ACB")])
def test_move(as_admin, main, at, name, order):
    views = [SharedViewFactory(account=main, title=title) for title in "ABC"]

    response = as_admin.post(at(name, views[1].pk), headers=HX)

    assert titles(main) == list(order)
    ends = response.text.count('aria-disabled="true"')
    assert ends == 2


@pytest.mark.parametrize("person", ["member", "staff"])
@pytest.mark.parametrize(
    "name", ["view_create", "view_edit", "view_delete", "view_up", "view_down"]
)
def test_changes_are_for_admins(client, view, at, request, person, name):
    client.force_login(request.getfixturevalue(person))
    address = at(name, *([] if name == "view_create" else [view.pk]))

    assert client.post(address, NEW).status_code == 403
    assert SharedView.objects.get() == view


@pytest.mark.parametrize("name", ["view_edit", "view_delete", "view_up", "view_down"])
def test_view_of_another_account_is_not_found(as_admin, at, name):
    assert as_admin.post(at(name, SharedViewFactory().pk)).status_code == 404


def test_staff_see_views_and_change_none(client, staff, view, at):
    client.force_login(staff)

    html = client.get(at("list")).text

    assert "Board" in html
    assert 'id="view-edit' not in html
    assert 'id="view-delete' not in html
    assert "New view" not in html
