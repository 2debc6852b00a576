from base64 import b64decode

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Action, AuditEvent
from accounts.rule_violations import Gone
from gateway.models import Webhook
from tests.factories import BY
from tests.gateway.webhook_pages import URL, at

OFF_ON = ("off", "on")


def last_event():
    event = AuditEvent.objects.latest("pk")
    return event.action, event.target


def test_the_page_says_who_is_told(as_admin, main, sub):
    page = as_admin.get(at(main)).text

    assert "mailto:admin@acme.example" in page
    assert "Add webhook" in page
    assert "Nothing sent so far" in page
    assert "import Webhook" in page
    assert "mailto:admin@acme.example" in as_admin.get(at(sub)).text


def test_a_webhook_is_added_with_a_secret_that_no_page_shows(as_admin, main):
    response = as_admin.post(at(main), {"url": URL})

    assert response.url == at(main)
    webhook = Webhook.objects.get()
    assert (webhook.account, webhook.url) == (main, URL)
    assert last_event() == (Action.WEBHOOK_ADDED, "https://hook.example")
    page = as_admin.get(at(main)).text
    assert webhook.masked in page
    assert "Change address" in page
    assert webhook.secret.reveal() not in page


def test_the_database_holds_no_secret(webhook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM gateway_webhook")
        (row,) = cursor.fetchall()

    secret = webhook.secret.reveal().encode()
    assert secret.startswith(b"whsec_")
    assert len(b64decode(secret.removeprefix(b"whsec_"))) == 32
    values = [value for value in row if not isinstance(value, str)]
    assert not [value for value in map(str, values) if secret.decode() in value]
    assert secret not in bytes(webhook.envelope)


def test_the_address_changes_and_the_secret_stays(as_admin, main, webhook):
    other = "https://other.example/"

    as_admin.post(at(main), {"url": other})

    found = Webhook.objects.get()
    assert (found.url, found.secret) == (other, webhook.secret)
    assert last_event() == (Action.WEBHOOK_CHANGED, "https://other.example")


def test_the_same_address_changes_nothing(as_admin, main, webhook):
    as_admin.post(at(main), {"url": URL})

    assert last_event()[0] == Action.WEBHOOK_ADDED


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hook.example/", "must begin with https://"),
        ("ftp://hook.example/", "must begin with https://"),
        ("javascript:alert(1)", "must begin with https://"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://hook.example:0/", "names no host"),
        ("https://hook.example:99999/", "This is not an address"),
        ("https://[::1/", "This is not an address"),
        ("https://me:pw@hook.example/", "Leave user name and password out"),
        ("https://höök.example/", "Use plain ASCII"),
        ("https://hook.example/a b", "Use plain ASCII"),
        ("https://hook.example/\x01", "Use plain ASCII"),
        ("", "This field is required"),
        ("https://hook.example/" + "x" * 500, "at most 500 characters"),
    ],
)
def test_what_is_no_address_is_explained(as_admin, main, url, words):
    response = as_admin.post(at(main), {"url": url})

    assert response.status_code == 422
    assert words in response.text
    assert not Webhook.objects.exists()


def test_plain_http_is_taken_where_private_addresses_are(as_admin, main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True

    as_admin.post(at(main), {"url": "http://10.0.0.1/"})

    assert Webhook.objects.get().url == "http://10.0.0.1/"


def test_the_page_explains_a_webhook_from_before(as_admin, main, webhook):
    assert "This webhook is older" not in as_admin.get(at(main)).text

    Webhook.objects.update(masked="tgw_…abcd")

    assert "This webhook is older" in as_admin.get(at(main)).text


def test_copying_the_secret_is_audited(as_admin, main, webhook):
    response = as_admin.post(at(main, "reveal"), headers={"Accept": "application/json"})

    assert response.json() == {"secret": webhook.secret.reveal()}
    assert "no-store" in response["Cache-Control"]
    assert last_event() == (Action.WEBHOOK_REVEALED, "https://hook.example")


def test_copying_needs_a_script(as_admin, main, webhook):
    response = as_admin.post(at(main, "reveal"), headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert "the webhook to https://hook.example" in response.text


def test_a_new_secret_replaces_the_old_one(as_admin, main, webhook):
    assert "Make a new signing secret?" in as_admin.get(at(main, "renew")).text

    response = as_admin.post(at(main, "renew"))

    assert response.url == at(main)
    assert Webhook.objects.get().secret != webhook.secret
    assert last_event()[0] == Action.WEBHOOK_RENEWED


def test_a_webhook_is_removed(as_admin, main, webhook):
    assert "Remove the webhook?" in as_admin.get(at(main, "remove")).text

    response = as_admin.post(at(main, "remove"))

    assert response.url == at(main)
    assert not Webhook.objects.exists()
    assert last_event()[0] == Action.WEBHOOK_REMOVED


def test_reminders_are_switched_off_and_on(as_admin, main):
    off, on = (reverse(f"gateway:reminders_{way}", args=[main.pk]) for way in OFF_ON)
    assert f'action="{off}"' in as_admin.get(at(main)).text

    page = as_admin.post(off, follow=True).text

    assert "Nobody is told before tokens or the trial end." in page
    assert f'action="{on}"' in page
    assert last_event() == (Action.REMINDERS_OFF, "Acme")

    page = as_admin.post(on, follow=True).text

    assert "Admins are told before tokens or the trial end." in page
    assert f'action="{off}"' in page
    assert last_event() == (Action.REMINDERS_ON, "Acme")


@pytest.mark.parametrize("name", ["test", "reveal", "renew", "remove"])
def test_without_a_webhook_there_is_nothing_to_do(as_admin, main, name):
    assert as_admin.post(at(main, name)).status_code == 404


def test_a_webhook_that_somebody_removed_does_not_come_back(webhook):
    other = Webhook.objects.get()
    other.remove(by=BY)

    for change in (webhook.renew, webhook.remove):
        with pytest.raises(Gone):
            change(by=BY)

    assert not Webhook.objects.exists()
    assert str(webhook) == "webhook of Acme"
