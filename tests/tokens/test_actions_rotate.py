from datetime import timedelta

import pytest

from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.actions import DATA, ENDS, HTMX, JSON, again, url
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_single_token_can_be_copied_and_rotated(as_admin, main, kind):
    account = ChildFactory(main=main, kind=kind)
    token = account.tokens.get()

    found = {
        verb: as_admin.post(url(verb, token), DATA[verb], headers=JSON).status_code
        for verb in ("disable", "delete", "expiry", "reveal", "rotate")
    }

    assert found == {
        "disable": 409,
        "delete": 409,
        "expiry": 422,
        "reveal": 200,
        "rotate": 302,
    }


def test_single_row_names_its_account(as_admin, main):
    account = ChildFactory(main=main, kind=AccountKind.METRICS, name="Edge")

    html = as_admin.post(
        url("rotate", account.tokens.get()), {"overlap": "24h"}, headers=HTMX
    ).content.decode()

    assert 'data-label="Account"' in html
    assert "Edge" in html


@pytest.mark.parametrize(
    ("overlap", "works"), [("now", False), ("1h", True), ("24h", True), ("7d", True)]
)
def test_rotation_keeps_the_old_secret_for_as_long_as_asked(
    as_admin, token, overlap, works
):
    html = as_admin.post(
        url("rotate", token), {"overlap": overlap}, headers=HTMX
    ).content.decode()

    assert (verify(token.secret_text, Use.API) == token) == works
    assert ("Old secret stops" in html) == works
    assert (url("finish", token) in html) == works
    assert f'id="copy-{token.pk}" autofocus' in html
    assert 'class="row-new"' in html


@pytest.mark.parametrize("overlap", ["", "forever", "-1"])
def test_rotation_offers_four_overlaps_only(as_admin, token, overlap):
    response = as_admin.post(url("rotate", token), {"overlap": overlap})

    assert response.status_code == 422
    assert again(token).version == 1


def test_finish_now_stops_the_old_secret(as_admin, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))

    html = as_admin.post(url("finish", token), headers=HTMX).content.decode()

    assert verify(token.secret_text, Use.API) is None
    assert "Old secret" not in html


def test_rolling_back_gives_the_old_secret_back(as_admin, token):
    new = token.rotate(by=BY, overlap=timedelta(hours=1))

    html = as_admin.post(url("roll_back", token), headers=HTMX).content.decode()

    assert verify(token.secret_text, Use.API) == token
    assert verify(new.reveal(), Use.API) is None
    assert token.secret_text[-4:] in html
    assert "Old secret" not in html


@pytest.mark.parametrize("verb", ENDS)
def test_rotation_ends_once(as_admin, token, verb):
    response = as_admin.post(url(verb, token), headers=HTMX)

    assert response.status_code == 409
    assert response["HX-Retarget"] == "#notice"
    assert again(token).version == 1
