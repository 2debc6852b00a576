"""Seeds of second factors in the database: whose they are, and how that came."""

import base64
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt, encrypt
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.rule_violations import Unavailable
from gateway.models import Webhook
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.factories import BY, ChildFactory, UserFactory

migration = import_module(
    "accounts.migrations.0011_second_factors_bound_to_their_person"
)
KINDS = {"totp": "secret", "recovery_codes": "seed"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return UserFactory.create_batch(2)


def factors(person):
    """Give a person both factors; return their rows by kind."""
    TOTP.activate(person, f"seed of {person}")
    RecoveryCodes.activate(person)
    return {row.type: row for row in Authenticator.objects.filter(user=person)}


def stored(row):
    """Return what the table has, which allauth never sees."""
    return Authenticator.objects.filter(pk=row.pk).values_list("data", flat=True)[0]


def put(row, **data):
    Authenticator.objects.filter(pk=row.pk).update(data=stored(row) | data)
    return Authenticator.objects.get(pk=row.pk)


def test_a_seed_is_sealed_for_its_person(people):
    row = factors(people[0])["totp"]

    envelope = base64.b64decode(stored(row)["secret"])

    context = b"mfa_authenticator", b"secret", str(people[0].pk).encode()
    assert unseal(envelope, *context) == f"seed of {people[0]}".encode()
    assert decrypt(row.data["secret"]) == f"seed of {people[0]}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_of_another_person_opens_nothing(people, kind):
    mine, theirs = (factors(person)[kind] for person in people)
    name = KINDS[kind]

    moved = put(mine, **{name: stored(theirs)[name]})

    with pytest.raises(Unavailable, match="cannot be checked right now"):
        decrypt(moved.data[name])
    assert decrypt(theirs.data[name])


def test_a_seed_for_another_purpose_opens_nothing(people):
    rows = factors(people[0])

    moved = put(rows["recovery_codes"], seed=stored(rows["totp"])["secret"])

    with pytest.raises(Unavailable):
        moved.wrap().generate_codes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_is_given_to_another_person_opens_nothing(people, kind):
    row = factors(people[0])[kind]
    Authenticator.objects.filter(pk=row.pk).update(user=people[1])

    taken = Authenticator.objects.get(pk=row.pk)

    with pytest.raises(Unavailable):
        taken.wrap().validate_code("123456")


def test_a_copied_seed_signs_nobody_in(client, dana, people):
    row, other = factors(dana)["totp"], factors(people[0])["totp"]
    put(row, secret=stored(other)["secret"])
    sign_in(client, password=PASSWORD)

    answer = client.post(reverse("mfa_authenticate"), {"code": "123456"})

    assert answer.status_code == 503
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("text", ["", "sealed", "AAAA", "SEED", encrypt("SEED")])
def test_what_is_no_envelope_of_anybody_is_unavailable(text):
    with pytest.raises(Unavailable):
        decrypt(text)


def test_a_seed_without_an_owner_is_an_empty_text():
    assert str(encrypt("SEED")) == ""


def test_a_row_that_was_read_in_part_is_left_alone(people):
    row = factors(people[0])["totp"]

    found = Authenticator.objects.only("type").get(pk=row.pk)

    assert found.type == "totp"
    assert "data" not in found.__dict__


@pytest.fixture
def old(people):
    """A person's factors as they were kept before, and a passkey."""
    rows = factors(people[0])
    for kind, name in KINDS.items():
        envelope, _ = seal(kind.encode(), b"allauth/mfa")
        put(rows[kind], **{name: base64.b64encode(envelope).decode()})
    Authenticator.objects.create(
        user=people[0], type="webauthn", data={"name": "Key", "credential": {"a": 1}}
    )
    return rows


@pytest.fixture(scope="module")
def then(django_db_setup, django_db_blocker):
    """The models as they are at the migration."""
    with django_db_blocker.unblock():
        loader = MigrationExecutor(connection).loader
    return loader.project_state([("accounts", migration.__name__.split(".")[-1])]).apps


@pytest.fixture
def migrate(then):
    def migrate(step=migration.bind):
        step(then, connection.schema_editor())

    return migrate


def seeds():
    """Return what opens, by kind."""
    rows = Authenticator.objects.exclude(type="webauthn")
    return {row.type: decrypt(row.data[KINDS[row.type]]) for row in rows}


def test_the_old_form_opens_nowhere_until_it_is_migrated(migrate, old):
    for row in old.values():
        with pytest.raises(Unavailable):
            decrypt(Authenticator.objects.get(pk=row.pk).data[KINDS[row.type]])

    migrate()

    assert seeds() == {"totp": "totp", "recovery_codes": "recovery_codes"}


def test_the_migration_keeps_everything_else(migrate, old):
    before = {row.pk: stored(row) for row in Authenticator.objects.all()}

    migrate()

    for row in Authenticator.objects.all():
        sealed = {KINDS.get(row.type)}
        kept = {name: row.data[name] for name in row.data if name not in sealed}
        assert kept == {n: v for n, v in before[row.pk].items() if n not in sealed}


def test_the_migration_goes_both_ways_and_may_run_again(migrate, old):
    before = {kind: stored(row) for kind, row in old.items()}

    migrate()
    migrate()
    migrate(migration.loosen)

    for kind, row in old.items():
        assert stored(row).keys() == before[kind].keys()
        envelope = base64.b64decode(stored(row)[KINDS[kind]])
        assert unseal(envelope, b"allauth/mfa") == kind.encode()


def test_the_migration_leaves_what_could_not_be_read(migrate, people):
    row = put(factors(people[0])["totp"], secret="sealed")

    migrate()

    assert stored(row)["secret"] == "sealed"


def test_the_migration_asks_for_a_key_that_is_missing(migrate, old, settings):
    before = [stored(row) for row in old.values()]
    settings.TOLLGATE_ENC_KEYS = settings.TOLLGATE_ENC_KEYS.replace("1:", "2:")

    with pytest.raises(Sealed, match="lacks key 1, which seeds"):
        migrate()
    settings.TOLLGATE_ALLOW_MISSING_ENC_KEY = True
    migrate()

    assert [stored(row) for row in old.values()] == before


def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_webhooks_secret_is_sealed_for_its_account(main):
    other = ChildFactory(main=main)
    webhook = Webhook.add(main, "https://hook.example/", by=BY)
    theirs = Webhook.add(other, "https://hook.example/", by=BY)
    columns = {"envelope": theirs.envelope, "enc_kid": theirs.enc_kid}

    Webhook.objects.filter(pk=webhook.pk).update(**columns)

    webhook.refresh_from_db()
    with pytest.raises(Unavailable, match="belongs to another row"):
        webhook.reveal(by=BY)
    assert theirs.reveal(by=BY)
