"""What an admin does with a link before it is sent."""

import re

import pytest
from django.test import Client

from accounts.models import Action, AuditEvent
from sharing.links import link
from sharing.models import Share
from tests.factories import BY, SharedViewFactory
from tests.sharing.visitors import JSON, look, show
from tokens.secrets import Secret

NEEDS_SCRIPT = b"Copying needs JavaScript"


@pytest.fixture
def told(share):
    """Return what the audit trail says of reveals of the link."""

    def events():
        rows = AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)
        return [event.data.get("given_as") for event in rows.order_by("pk")]

    return events


def main_part(response):
    """Return what a page says, and where it leads, without the machinery."""
    main = re.search(r"<main.*</main>", response.text, re.DOTALL)[0]
    main = re.sub(r'<form class="visitor-renew".*?</form>', "", main, flags=re.DOTALL)
    main = re.sub(r'data-left="\d+"', "", main)
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", main).split()


def test_a_link_has_its_secret_behind_the_hash(share, settings):
    settings.APP_URL = "https://tollgate.example.com/"

    whole = link(Secret(share.secret_text))

    assert whole == (
        f"https://tollgate.example.com/s/{share.token.public_id}#{share.secret_text}"
    )


def test_copying_a_link_is_told_before_it_leaves(as_admin, share, at, told):
    response = as_admin.post(at("link", share.pk), headers=JSON)

    assert response.json() == {"secret": link(Secret(share.secret_text))}
    assert "no-store" in response["Cache-Control"]
    assert told() == ["link"]


def test_without_a_script_no_link_is_written_into_a_page(as_admin, share, at, told):
    response = as_admin.post(at("link", share.pk), headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert NEEDS_SCRIPT in response.content
    assert told() == []


def test_a_qr_code_is_a_picture_in_the_page(as_admin, share, at, told):
    response = as_admin.post(at("code", share.pk))

    picture = re.search(
        r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', response.text
    )
    assert picture
    assert share.secret_text not in response.text
    assert "no-store" in response["Cache-Control"]
    assert "<strong><bdi>env</bdi></strong> is <strong><bdi>test</bdi>" in response.text
    assert told() == ["QR code"]


def test_a_qr_code_of_a_stopped_link_says_so(as_admin, share, at):
    share.token.disable(by=BY)

    assert "this link lets nobody in" in as_admin.post(at("code", share.pk)).text


def test_see_as_visitor_is_what_a_guest_sees(as_admin, main, share, at):
    SharedViewFactory.create_batch(2, account=main)
    visitor = Client()
    show(visitor, share)

    preview = as_admin.get(at("see_as_visitor", share.pk))

    assert main_part(preview) == main_part(look(visitor, share))
    assert "<b>Preview.</b>" in preview.text
    assert preview["Referrer-Policy"] == "no-referrer"


def test_see_as_visitor_of_a_stopped_link_is_what_a_guest_sees(as_admin, share, at):
    share.token.disable(by=BY)
    path = f"/s/{share.token.public_id}/open"

    preview = as_admin.get(at("see_as_visitor", share.pk))

    visitor = Client().post(path, {"secret": share.secret_text})
    assert main_part(preview) == main_part(visitor)


def test_see_as_visitor_counts_nothing_and_lets_nobody_in(as_admin, share, at, told):
    response = as_admin.get(at("see_as_visitor", share.pk))

    assert "tollgate_share" not in response.cookies
    assert share.secret_text not in response.text
    assert Share.objects.get().visits == 0
    assert told() == []


def test_the_list_shows_how_often_a_link_was_opened(as_admin, share, at):
    assert "visit<" not in as_admin.get(at("list")).text
    Share.objects.update(visits=1)
    assert "1 visit<" in as_admin.get(at("list")).text
    Share.objects.update(visits=1214)

    assert "1,214 visits<" in as_admin.get(at("list")).text


def test_staff_send_no_links(client, staff, share, at):
    client.force_login(staff)

    page = client.get(at("list")).text

    assert "Copy link" not in page
    assert client.post(at("link", share.pk), headers=JSON).status_code == 403
    assert client.post(at("code", share.pk)).status_code == 403
    assert client.get(at("see_as_visitor", share.pk)).status_code == 403


@pytest.mark.parametrize("name", ["link", "code", "see_as_visitor"])
def test_a_deleted_link_is_not_found(as_admin, share, at, name):
    share.token.delete_softly(by=BY)
    ask = as_admin.get if name == "see_as_visitor" else as_admin.post

    assert ask(at(name, share.pk)).status_code == 404
