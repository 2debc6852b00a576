"""Providers as staff set them up: the pages, the test, and what is kept of the secret."""

import pytest
from django.db import IntegrityError

from accounts.forms import providers as forms
from accounts.identity import http
from accounts.identity.problems import Away
from accounts.models import Action, IdentityProvider
from tests.accounts.addresses import place
from tests.accounts.identity.there_and_back import said
from tests.accounts.signing_in import events
from tests.factories import TokenFactory

TYPED = {
    "name": "Acme SSO",
    "slug": "acme-okta",
    "issuer": "https://login.acme.example",
    "client_id": "tollgate",
    "secret": "very secret indeed",
    "token_auth_method": "client_secret_basic",
    "scope": "openid  email",
    "groups_claim": "groups",
}


def typed(**fields):
    return TYPED | fields


# Adding


def test_one_of_the_installation_is_added(as_staff):
    page = place("staff_provider_add")

    response = as_staff.post(page, typed())

    provider = IdentityProvider.objects.get()
    assert response.url == place("staff_provider", provider.pk)
    assert (provider.organisation, provider.is_on, provider.scope) == (
        None,
        False,
        "openid email",
    )
    assert provider.client_secret == "very secret indeed"
    (event,) = events(Action.PROVIDER_ADDED)
    assert (event.target, event.organisation) == ("Acme SSO", None)
    assert "To be tested" in as_staff.get(response.url).text


def test_one_of_an_organisation_has_its_domains(as_staff, main):
    page = f"{place('staff_provider_add')}?organisation={main.organisation_id}"
    assert "of <bdi>Acme</bdi>" in as_staff.get(page).text

    response = as_staff.post(page, typed(domains="@Acme.example, bücher.example;x.io"))

    provider = IdentityProvider.objects.get()
    assert provider.organisation == main.organisation
    domains = [each.domain for each in main.organisation.email_domains.all()]
    assert domains == ["acme.example", "x.io", "xn--bcher-kva.example"]
    shown = as_staff.get(response.url)
    assert "acme.example, x.io" in said(shown)
    assert "Acme SSO" in as_staff.get(place("staff_providers")).text
    organisation = place("staff_organisation", main.organisation_id)
    assert "Acme SSO" in as_staff.get(organisation).text


@pytest.mark.parametrize("organisation", ["x", "999999", "-1"])
def test_an_organisation_that_is_none_is_not_found(as_staff, organisation):
    page = f"{place('staff_provider_add')}?organisation={organisation}"

    assert as_staff.get(page).status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"issuer": "http://login.acme.example"}, "begins with https://"),
        ({"issuer": "https://login.acme.example?x=1"}, "begins with https://"),
        ({"issuer": "nothing"}, "begins with https://"),
        ({"slug": "acme_okta"}, "digits and single hyphens"),
        ({"scope": "email profile"}, "one is openid"),
        ({"scope": 'openid "x"'}, "one is openid"),
        ({"secret": ""}, "This field is required"),
        ({"domains": "acme"}, "is no domain"),
        ({"domains": "a..example"}, "is no domain"),
        ({"domains": " "}, "This field is required"),
        ({"domains": " ".join(f"d{n}.example" for n in range(51))}, "At most 50"),
        ({"domains": "taken.example"}, "taken.example belongs to another organisation"),
        ({"slug": "known"}, "Another provider has this short name"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    as_staff, add, main, outsider, fields, sentence
):
    elsewhere = outsider.memberships.get().account.organisation
    add("known", elsewhere, domains=["taken.example"])
    page = f"{place('staff_provider_add')}?organisation={main.organisation_id}"

    response = as_staff.post(page, typed(domains="acme.example") | fields)

    assert response.status_code == 422
    assert sentence in response.text
    assert "very secret indeed" not in response.text
    assert IdentityProvider.objects.count() == 1


def test_a_whole_token_is_no_name(as_staff, main):
    secret = TokenFactory(account=main).secret_text

    response = as_staff.post(
        place("staff_provider_add"), typed(scope=f"openid {secret}")
    )

    assert "A whole token is in it" in response.text


def test_who_takes_the_name_at_this_moment_is_told_of(as_staff, monkeypatch):
    def taken(**fields):
        raise IntegrityError

    monkeypatch.setattr(forms, "add_provider", taken)

    response = as_staff.post(place("staff_provider_add"), typed())

    assert "took the short name or a domain at this moment" in response.text


def test_the_address_of_the_document_is_taken_for_the_issuer(as_staff):
    document = "https://login.acme.example/.well-known/openid-configuration"

    as_staff.post(place("staff_provider_add"), typed(issuer=document))

    assert IdentityProvider.objects.get().issuer == "https://login.acme.example"


# Testing, switching


def test_it_is_tested_before_it_can_be_switched_on(as_staff, add):
    provider = add()
    switch = place("staff_provider_on", provider.pk)

    refused = as_staff.post(switch)
    tested = as_staff.post(place("staff_provider_test", provider.pk))
    on = as_staff.post(switch, follow=True)

    assert refused.status_code == 409
    assert "Test Acme SSO before" in refused.text
    assert "It takes client id and secret." in tested.text
    assert "you can switch it on" in tested.text
    assert "People can sign in with Acme SSO now" in on.text
    again = as_staff.post(switch)
    off = as_staff.post(place("staff_provider_off", provider.pk), follow=True)
    as_staff.post(place("staff_provider_off", provider.pk))
    assert again.status_code == 302
    assert "Nobody can sign in with Acme SSO any more" in off.text
    assert "Switch on" in off.text
    listed = as_staff.get(place("staff_providers"))
    assert "Off" in listed.text
    actions = (Action.PROVIDER_ON, Action.PROVIDER_OFF)
    assert [len(events(each)) for each in actions] == [1, 1]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_of_any_characters_is_taken(as_staff, add, real, method):
    provider = add(token_auth_method=method)

    response = as_staff.post(place("staff_provider_test", provider.pk))

    assert "It takes client id and secret." in response.text


def test_one_with_another_secret_is_not_well(as_staff, add):
    provider = add(secret="another one")
    provider.seal("wrong")
    provider.save()

    response = as_staff.post(place("staff_provider_test", provider.pk))

    assert "It does not take client id and secret." in response.text
    provider.refresh_from_db()
    assert provider.tested_at is None


@pytest.mark.parametrize(
    ("away", "sentence"),
    [(503, "It answered 503 at"), ("no JSON", "and no JSON object")],
)
def test_one_that_is_away_is_said_to_be(as_staff, add, real, away, sentence):
    provider = add()
    real.set(away=away)

    response = as_staff.post(place("staff_provider_test", provider.pk))

    assert response.status_code == 200
    assert sentence in response.text


def test_one_that_does_not_answer_is_not_waited_for(add, real, monkeypatch):
    monkeypatch.setattr(http, "SECONDS", 0.2)
    provider = add()
    real.set(away="slow")

    with pytest.raises(Away, match="within 0 seconds"):
        http.get_json(provider.issuer)


def test_a_provider_under_another_name_is_told_apart(as_staff, add):
    provider = add()
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
    provider.save()

    response = as_staff.post(place("staff_provider_test", provider.pk))

    assert "It calls itself “http://127.0.0.1" in response.text


def test_a_secret_that_cannot_be_opened_is_said_to_be(add, as_staff, settings):
    provider = add()
    provider.envelope = bytes(40)
    provider.save()

    response = as_staff.post(place("staff_provider_test", provider.pk))

    assert "The secret cannot be opened" in response.text
