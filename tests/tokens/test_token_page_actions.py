"""What is done on the page of a token leads back to it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import BY, ShareFactory, TokenFactory
from tests.tokens.actions import DATA, ENDS, HTMX, again, url
from tests.tokens.uses import page
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.mark.parametrize(
    "verb", ["rename", "disable", "expiry", "restrict", "rotate", *ENDS]
)
def test_action_by_htmx_answers_the_page(as_admin, token, verb):
    if verb in ENDS:
        token.rotate(by=BY, overlap=timedelta(hours=1))

    response = as_admin.post(
        url(verb, token, next=page(token)), DATA[verb], headers=HTMX
    )

    html = response.content.decode()
    assert response.status_code == 200
    assert f'<article class="token-page" data-row id="token-{token.pk}"' in html
    assert "<html" not in html
    assert "tollgate:close" in response["HX-Trigger"]
    assert 'id="notice" hx-swap-oob="innerHTML"' in html
    assert again(token).reveal(by=BY).reveal() not in html


def test_undo_leads_back_to_the_page(as_admin, token):
    answers = [
        as_admin.post(url(verb, token, next=page(token)), headers=HTMX).content.decode()
        for verb in ("disable", "enable", "delete")
    ]

    for html, undo in zip(answers, ("enable", "disable", "restore"), strict=True):
        notice = html.partition("<template>")[2]
        assert f'action="{url(undo, token, next=page(token))}"' in notice


def test_restored_token_is_shown_on_the_page_it_was_restored_from(as_admin, token):
    token.delete_softly(by=BY)

    response = as_admin.post(url("restore", token, next=page(token)))

    assert (response.status_code, response.url) == (302, page(token))


def test_edited_link_is_shown_on_the_page(as_admin, main):
    token = ShareFactory(account=main, filters=[]).token
    edit = reverse(
        "sharing:edit", args=[main.pk, token.pk], query={"next": page(token)}
    )
    asked = as_admin.get(edit)
    form = asked.context["form"]
    data = {
        "name": "Renamed",
        "operator": "AND",
        "expires_at": "keep",
        "shows_everything": "on",
        "agreed": form.summary.key if form.summary else "",
    }

    html = as_admin.post(edit, data, headers=HTMX).content.decode()

    assert f'action="{edit}"' in asked.content.decode()
    assert '<article class="token-page"' in html


def test_form_that_makes_no_sense_comes_back_with_the_page(as_admin, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))
    address, data = url("finish", token, next=page(token)), {"version": "x"}

    whole = as_admin.post(address, data)
    part = as_admin.post(address, data, headers=HTMX)

    assert whole.status_code == part.status_code == 422
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()


def test_rename_that_is_given_up_brings_the_page_back(as_admin, token):
    html = as_admin.get(url("rename", token, next=page(token))).content.decode()

    assert f'hx-get="{page(token)}"' in html


@pytest.fixture
def gateway(db):
    return TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")


def test_gateway_token_has_a_page_for_staff(client, staff, gateway):
    gateway.rotate(by=BY, overlap=timedelta(hours=1))
    client.force_login(staff)

    html = client.get(page(gateway)).content.decode()

    assert "this installation" in html
    assert "/finish/" in html
    assert "/roll-back/" not in html
    assert reverse("tokens:gateway_use_it", args=[gateway.pk]) in html


def test_gateway_token_comes_back_to_its_page(client, staff, gateway):
    client.force_login(staff)
    deleted = client.post(
        reverse(
            "tokens:gateway_delete", args=[gateway.pk], query={"next": page(gateway)}
        )
    )
    restore = reverse(
        "tokens:gateway_restore", args=[gateway.pk], query={"next": page(gateway)}
    )

    assert deleted.url == page(gateway)
    assert restore in client.get(page(gateway)).content.decode()
    assert client.post(restore).url == page(gateway)


def test_note_is_shown_and_edited_in_its_place(as_admin, token):
    token.set_note("Ships the payments.\nAsk: #payments", by=BY)
    address = url("note", token, next=page(token))

    html = as_admin.get(page(token)).content.decode()
    form = as_admin.get(address).content.decode()
    saved = as_admin.post(address, {"note": "Moved"}, headers=HTMX).content.decode()

    assert "Ships the payments.\nAsk: #payments</p>" in html
    assert f'hx-get="{address}"' in html
    assert f'class="note-form" data-opener="note-{token.pk}"' in form
    assert '<p class="note-text" dir="auto">Moved</p>' in saved
    assert f'<article class="token-page" data-row id="token-{token.pk}"' in saved


def test_note_that_cannot_be_taken_comes_back_in_its_place(as_admin, token):
    address = url("note", token, next=page(token))

    response = as_admin.post(address, {"note": "x" * 501}, headers=HTMX)

    assert response.status_code == 422
    assert response["HX-Retarget"] == f"#note-text-{token.pk}"
    assert response["HX-Reselect"] == "#dialog form"


def test_note_is_for_staff_to_read(client, staff, token):
    client.force_login(staff)
    without = client.get(page(token)).content.decode()
    token.set_note("Ships the payments.", by=BY)

    html = client.get(page(token)).content.decode()

    assert "Ships the payments." in html
    assert "note-title" not in without
    assert url("note", token) not in html


def test_note_of_a_deleted_token_is_read_only(as_admin, token):
    token.set_note("Ships the payments.", by=BY)
    token.delete_softly(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "Ships the payments." in html
    assert url("note", token) not in html
