import pytest
from django.utils.html import escape

from accounts.models import AccountKind
from sharing.models import Filter
from sharing.views import tab
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory
from tokens.models import Token

HX = {"HX-Request": "true"}
NEW = {"field": "env", "value": "test", "description": "Test systems"}


def seen(filter_, *shares, **changes):
    named = ",".join(str(share.pk) for share in shares)
    values = {"field": filter_.field, "value": filter_.value, "description": ""}
    return values | {"version": filter_.version, "named": named} | changes


def test_create_adds_a_filter(as_admin, main, at):
    response = as_admin.post(at("filter_create"), NEW)

    assert response.url == at("list")
    made = main.filters.get()
    assert (made.clause, made.description) == (("env", "test"), "Test systems")


def test_create_answers_htmx_with_the_row(as_admin, main, at):
    response = as_admin.post(at("filter_create"), NEW, headers=HX)

    html = response.content.decode()
    assert html.strip().startswith('<tr id="new-filter" hidden></tr>')
    assert f'<tr id="filter-{main.filters.get().pk}" class="row-new">' in html
    assert "env: test is added." in html
    assert "tollgate:filters" in response.headers["HX-Trigger"]


@pytest.mark.parametrize("headers", [{}, HX])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"field": ""}, "This field is required."),
        ({"value": " "}, "This field is required."),
        ({"field": "a\x00"}, "Null characters are not allowed."),
        ({"value": "a\nb"}, "Control characters are not allowed."),
        ({"value": "a\u2028b"}, "Control characters are not allowed."),
        ({"value": "\x85b\x9f"}, "Control characters are not allowed."),
        ({"value": "v" * 513}, "at most 512 characters"),
        ({"description": "d" * 201}, "at most 200 characters"),
    ],
)
def test_create_keeps_what_was_typed_and_says_what_is_wrong(
    as_admin, main, at, headers, changes, message
):
    response = as_admin.post(at("filter_create"), NEW | changes, headers=headers)

    assert response.status_code == 422
    html = response.content.decode()
    assert escape(message) in html
    assert 'value="Test systems"' in html or "description" in changes
    assert not main.filters.exists()


@pytest.mark.parametrize(
    "text", ["\u202eevil", "<b>&'\"", "a b/c:d*", "\u05d0\u05d1", "v" * 512, "\u0301"]
)
def test_any_printable_text_can_be_a_value(as_admin, main, at, text):
    response = as_admin.post(at("filter_create"), NEW | {"value": text})

    assert response.status_code == 302
    assert main.filters.get().value == text
    html = as_admin.get(at("list")).content.decode()
    assert f'title="{escape(text)}">{escape(text)}</span>' in html


def test_create_in_an_account_without_logs_is_refused(client, main, admin):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    client.force_login(admin)

    response = client.post(f"/accounts/{metrics.pk}/tokens/shared/filters/new/", NEW)

    assert response.status_code == 409


def test_form_opens_from_the_address(as_admin, at):
    html = as_admin.get(at("list") + "?filter=new").content.decode()

    assert '<tr id="new-filter" class="row-form">' in html


@pytest.mark.parametrize("person", ["member", "staff"])
@pytest.mark.parametrize("name", ["filter_create", "filter_edit", "filter_delete"])
def test_changes_are_for_admins(client, env, at, request, person, name):
    client.force_login(request.getfixturevalue(person))
    address = at(name, *([] if name == "filter_create" else [env.pk]))

    assert client.post(address, NEW).status_code == 403
    assert Filter.objects.get() == env


@pytest.mark.parametrize("name", ["filter_edit", "filter_delete"])
def test_filter_of_another_account_is_not_found(as_admin, at, name):
    assert as_admin.get(at(name, FilterFactory().pk)).status_code == 404


def test_edit_names_the_links_that_change(as_admin, share, env, at):
    html = as_admin.get(at("filter_edit", env.pk)).content.decode()

    assert "the links of 1 token show, also links that were already sent" in html
    assert 'title="Board"' in html


def test_edit_of_an_unused_filter_says_so(as_admin, env, at):
    html = as_admin.get(at("filter_edit", env.pk)).content.decode()

    assert "No token uses it." in html


def test_edit_saves(as_admin, share, env, at):
    data = seen(env, share, value="prod")

    response = as_admin.post(at("filter_edit", env.pk), data)

    assert response.url == at("list")
    assert Filter.objects.get().value == "prod"


def test_edit_answers_htmx_with_the_rows_that_the_page_shows(
    as_admin, main, share, env, at
):
    elsewhere = ShareFactory(account=main, filters=[env])
    data = seen(env, share, elsewhere, value="prod", shown=[share.pk, "x"])

    response = as_admin.post(at("filter_edit", env.pk), data, headers=HX)

    html = response.content.decode()
    assert f'<tr id="filter-{env.pk}" class="row-new">' in html
    assert f'<tr id="token-{share.pk}"' in html
    assert f'<tr id="token-{elsewhere.pk}"' not in html
    assert "tollgate:close" in response.headers["HX-Trigger"]


@pytest.mark.parametrize("name", ["filter_edit", "filter_delete"])
@pytest.mark.parametrize("named", ["", "x,9999999999999,\u0663"])
def test_links_that_were_not_named_are_not_touched(
    as_admin, share, env, at, name, named
):
    data = seen(env, named=named, value="prod")

    response = as_admin.post(at(name, env.pk), data, headers=HX)

    assert response.status_code == 412
    assert Filter.objects.get().value == "test"


@pytest.mark.parametrize("name", ["filter_edit", "filter_delete"])
def test_second_writer_is_refused(as_admin, env, at, name):
    data = seen(env, value="dev")
    env.edit(by=BY, value="prod")

    assert as_admin.post(at(name, env.pk), data).status_code == 412
    assert Filter.objects.get().value == "prod"


@pytest.mark.parametrize("version", ["", "0", "x", "9" * 30])
def test_version_that_makes_no_sense_is_asked_again(as_admin, env, at, version):
    data = seen(env, version=version)

    assert as_admin.post(at("filter_delete", env.pk), data).status_code == 422


def test_delete_names_the_tokens_that_are_paused(as_admin, main, env, team, at):
    ShareFactory(account=main, name="Narrow", filters=[env, team])
    ShareFactory(account=main, name="Either", filters=[env, team], operator="OR")

    html = as_admin.get(at("filter_delete", env.pk)).content.decode()

    assert "Without it 1 token would show more, so it is paused" in html
    assert 'title="Narrow"' in html
    assert 'title="Either"' not in html


def test_delete_of_a_filter_that_nobody_misses_says_so(as_admin, main, env, team, at):
    address = at("filter_delete", env.pk)
    assert b"No token uses it." in as_admin.get(address).content

    ShareFactory(account=main, filters=[env, team], operator="OR")

    assert b"show no more than before, and go on" in as_admin.get(address).content


def test_delete_pauses_and_says_so(as_admin, share, env, at):
    response = as_admin.post(at("filter_delete", env.pk), seen(env, share))

    assert response.url == at("list")
    assert Token.objects.get(pk=share.pk).state == "paused"
    assert not Filter.objects.exists()


def test_delete_answers_htmx_with_the_paused_rows(as_admin, share, env, at):
    data = seen(env, share, shown=[share.pk])

    response = as_admin.post(at("filter_delete", env.pk), data, headers=HX)

    html = response.content.decode()
    assert '<tr id="filter-' not in html
    assert f'<tr id="token-{share.pk}" data-state="paused" hx-swap-oob="true">' in html


def test_many_filters_are_paged(as_admin, main, at, monkeypatch):
    monkeypatch.setattr(tab, "FILTERS_SHOWN", 2)
    for number in range(3):
        FilterFactory(account=main, field=f"field{number}")

    first = as_admin.get(at("list"))
    second = as_admin.get(
        at("list"), {"filters": first.context["filters"].next}
    ).content.decode()

    assert "field2" not in first.content.decode()
    assert "<span>1–2 of 3</span>" in first.content.decode()
    assert 'title="field2"' in second
    assert 'rel="prev"' in second
