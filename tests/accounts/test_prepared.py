"""Statements that are put together once: they say and give what the ORM's do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.generations import with_generation
from accounts.locks import locked
from accounts.models import Account
from accounts.prepared import Prepared, insert
from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token

HOUR = timedelta(hours=1)


def with_everything(**found_by):
    rows = StoredSecret.objects.filter(**found_by)
    rows = rows.select_related("token__account__organisation")
    return with_generation(rows, "token__organisation")


def test_instances_come_as_the_orm_gives_them(main, django_assert_num_queries):
    token = TokenFactory(account=main, expires_at=timezone.now() + HOUR)
    prepared = Prepared(lambda pk: with_everything(token=pk))
    prepared.first(0)

    with django_assert_num_queries(1):
        row = prepared.first(token.pk)
        names = row.token.name, row.token.account.name, row.token.organisation_id

    [same] = with_everything(token=token.pk)
    assert names == (token.name, main.name, main.organisation_id)
    assert (row.slot, row.generation) == (same.slot, same.generation)
    for one, other in ((row, same), (row.token, same.token)):
        # All but what the ORM keeps of the row's own past.
        assert fields_of(one) == fields_of(other)
    assert row.token.expires_at == token.expires_at
    assert not row._state.adding


def fields_of(instance):
    return {
        name: value for name, value in instance.__dict__.items() if name != "_state"
    }


def test_values_times_and_pages(main):
    now = timezone.now()
    tokens = [
        TokenFactory(account=main, name=name, expires_at=now + number * HOUR)
        for number, name in enumerate(("one", "two", "three"), start=1)
    ]
    prepared = Prepared(
        lambda account, least: (
            Token.objects.filter(account=account, expires_at__gt=least)
            .order_by("pk")
            .values_list("name", "expires_at")
        ),
        paged=True,
    )

    assert prepared.rows(main.pk, now + HOUR, 5, 0) == [
        ("two", tokens[1].expires_at),
        ("three", tokens[2].expires_at),
    ]
    assert prepared.rows(main.pk, now, 1, 1) == [("two", tokens[1].expires_at)]
    assert prepared.first(main.pk, now + 3 * HOUR, 1, 0) is None


def test_a_row_is_written_as_the_orm_writes_it(main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    stored = token.secrets.get()
    row = StoredSecret(
        token=token,
        lookup=bytes(32),
        index_kid=stored.index_kid,
        envelope=b"sealed",
        enc_kid=stored.enc_kid,
        valid_until=timezone.now(),
    )

    insert(row)

    written = StoredSecret.objects.get(pk=row.pk)
    assert (bytes(written.lookup), bytes(written.envelope)) == (bytes(32), b"sealed")
    # What the database says by itself.
    assert written.has_mac is False
    assert abs(written.created_at - timezone.now()) < HOUR
    row.enc_kid += 1
    row.save(update_fields=["enc_kid"])
    assert token.secrets.count() == 2


def test_an_account_that_is_gone_cannot_be_held(main):
    account = Account(pk=main.pk + 1)

    with pytest.raises(Account.DoesNotExist), locked(account):
        pytest.fail("it is held")
