"""Changes of a provider that is there."""

import pytest

from accounts import hooks
from accounts.crypto.envelope import Sealed
from accounts.models import Action, AuditEvent, EmailDomain
from accounts.rule_violations import Unavailable
from tests.accounts.addresses import place
from tests.accounts.signing_in import events
from tests.factories import MainFactory
from tests.reencryption.conftest import fresh

# Changing


def change(client, provider, **fields):
    kept = {
        "name": provider.name,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "token_auth_method": str(provider.token_auth_method),
        "scope": provider.scope,
        "groups_claim": "",
        "secret": "",
        "domains": "acme.example",
    }
    return client.post(place("staff_provider_edit", provider.pk), kept | fields)


def test_a_name_is_changed_and_the_secret_stays(as_staff, provider):
    assert (
        "acme.example" in as_staff.get(place("staff_provider_edit", provider.pk)).text
    )

    response = change(as_staff, provider, name="Okta", domains="acme.example x.io")

    provider.refresh_from_db()
    assert response.status_code == 302
    assert (provider.name, provider.is_on) == ("Okta", True)
    assert provider.client_secret == "s3cret+%:x"
    assert provider.tested_at is not None
    (event,) = events(Action.PROVIDER_CHANGED)
    assert sorted(event.data["changes"]) == [
        ["domains", ["acme.example"], ["acme.example", "x.io"]],
        ["name", "Acme SSO", "Okta"],
    ]


def test_what_changes_nothing_is_no_event(as_staff, provider):
    change(as_staff, provider)

    assert events(Action.PROVIDER_CHANGED) == []


def test_one_that_is_on_is_tested_with_what_is_new(as_staff, provider, real):
    wrong = change(as_staff, provider, secret="wrong")

    provider.refresh_from_db()
    assert wrong.status_code == 422
    assert "Nothing was saved, since it would not work" in wrong.text
    assert provider.client_secret == "s3cret+%:x"

    provider.seal("fresh")
    real.serve(provider)
    right = change(as_staff, provider, secret="fresh")

    provider.refresh_from_db()
    assert right.status_code == 302
    assert (provider.client_secret, provider.is_on) == ("fresh", True)
    assert "fresh" not in str(list(AuditEvent.objects.values()))


def test_one_that_is_off_is_to_be_tested_again(as_staff, provider):
    as_staff.post(place("staff_provider_off", provider.pk))

    change(as_staff, provider, client_id="another")

    provider.refresh_from_db()
    assert (provider.tested_at, provider.metadata) == (None, None)


def test_a_domain_of_others_is_refused(as_staff, provider):
    other = MainFactory().organisation
    EmailDomain.objects.create(organisation=other, domain="other.example")

    response = change(as_staff, provider, domains="acme.example other.example")

    assert "other.example belongs to another organisation" in response.text


# Re-encryption


def rows(kid):
    return sum(counted("enc", kid) for counted in hooks.key_rows)


def test_secrets_move_to_a_new_key(provider, settings):
    (sealed,) = [each for each in hooks.sealed_rows if "clients" in each.old.__name__]
    assert sealed.old() == []
    settings.TOLLGATE_ENC_KEYS = f"{fresh('n')},{settings.TOLLGATE_ENC_KEYS}"

    assert sealed.old() == [provider.pk]
    assert sealed.renew([provider.pk]) == 1

    assert (sealed.old(), sealed.check(), rows(2)) == ([], 1, 1)
    provider.refresh_from_db()
    assert provider.client_secret == "s3cret+%:x"


def test_a_secret_opens_in_its_own_row_only(provider, add):
    other = add("other")
    other.envelope = provider.envelope
    other.save()
    (sealed,) = [each for each in hooks.sealed_rows if "clients" in each.old.__name__]

    with pytest.raises(Sealed):
        _ = other.client_secret
    with pytest.raises(Unavailable):
        sealed.check()


def test_no_other_key_has_secrets_of_providers(provider):
    counts = [each for each in hooks.key_rows if each.__name__ == "count_clients"]

    assert [each("index", 1) for each in counts] == [0]


def test_domains_say_what_they_are(provider):
    assert [str(each) for each in EmailDomain.objects.all()] == ["acme.example"]
