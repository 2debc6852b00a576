import pytest
from django.urls import reverse

from accounts.models import RecordedCall
from tests.factories import BY, MembershipFactory
from tokens.models import Token

ONCE = "a-key-of-the-form-itself"
HX = {"HX-Request": "true"}


@pytest.fixture
def address(main):
    return reverse("tokens:api_create", args=[main.pk])


def send(client, address, once=ONCE, **fields):
    data = {"name": "Terraform", "once": once} | fields
    return client.post(address, data, headers=HX)


def made():
    return list(Token.objects.filter(kind="api").order_by("pk"))


def test_a_form_that_is_sent_again_finds_what_it_made(as_admin, address):
    first = send(as_admin, address)
    again = send(as_admin, address)

    (token,) = made()
    assert first.status_code == again.status_code == 200
    assert f'id="token-{token.pk}"' in first.text
    assert f'id="token-{token.pk}"' in again.text


def test_another_text_or_another_form_makes_another(as_admin, address):
    send(as_admin, address)
    send(as_admin, address, name="Pulumi")
    taken = send(as_admin, address, once="a-key-of-another-form")

    assert [token.name for token in made()] == ["Terraform", "Pulumi"]
    assert taken.status_code == 422


@pytest.mark.parametrize("once", ["", "short", "x" * 65, "not a key of a form"])
def test_what_is_no_key_of_a_form_is_not_taken_for_one(as_admin, address, once):
    statuses = [send(as_admin, address, once=once).status_code for _ in range(2)]

    assert statuses == [200, 422]
    assert not RecordedCall.objects.exists()


def test_a_form_that_was_refused_is_sent_again_for_real(as_admin, main, address):
    refused = send(as_admin, address, name="")
    assert f'value="{ONCE}"' in refused.text
    assert not RecordedCall.objects.exists()

    send(as_admin, address)

    assert len(made()) == 1


def test_the_key_of_a_form_is_its_persons(client, main, admin, address):
    other = MembershipFactory(account=main).user
    for person in (admin, other):
        client.force_login(person)
        last = send(client, address)

    assert last.status_code == 422
    assert len(made()) == 1


def test_what_was_made_and_deleted_since_is_not_shown_again(as_admin, address):
    send(as_admin, address)
    made()[0].delete_softly(by=BY)

    response = send(as_admin, address)

    assert response.status_code == 409
    assert "it was deleted since" in response.text
    assert len(made()) == 1


def test_a_page_is_left_for_what_a_form_made(as_admin, main):
    address = reverse("accounts:account_new", args=[main.pk]) + "?kind=security"
    data = {"name": "Watch", "once": ONCE}

    plain = as_admin.post(address, data)
    inside = as_admin.post(address, data, headers=HX)

    assert inside["HX-Redirect"] == plain.url
    assert main.organisation.accounts.filter(name="Watch").count() == 1


def test_a_webhook_is_made_once_and_that_is_said_once(as_admin, main):
    address = reverse("gateway:webhook", args=[main.pk])
    data = {"url": "https://hooks.example/in", "once": ONCE}

    answers = [as_admin.post(address, data, headers=HX) for _ in range(2)]

    assert [each["HX-Redirect"] for each in answers] == [address, address]
    assert as_admin.get(address).text.count("The webhook is saved.") == 1
