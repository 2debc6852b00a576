import pytest

from gateway.verify.credentials import WITH_TOKEN
from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.models import StoredSecret

pytestmark = pytest.mark.django_db
ROWS = StoredSecret.objects.select_related("token__account__organisation")


def fields(row):
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
    }


def test_a_row_is_what_the_orm_makes_of_it(main, django_assert_num_queries):
    TokenFactory(account=main)
    token = TokenFactory(account=main, kind=Kind.LOGS)
    expected = ROWS.get(token=token)

    with django_assert_num_queries(1):
        row = WITH_TOKEN.first(expected.pk)
        found = [row, row.token, row.token.account, row.token.account.organisation]

    of_token = expected.token
    others = [of_token, of_token.account, of_token.account.organisation]
    assert list(map(fields, found)) == list(map(fields, [expected, *others]))
    assert row == expected
    assert not row._state.adding


def test_what_belongs_to_no_account_has_none(django_assert_num_queries):
    pk = ROWS.get(token=TokenFactory(account=None, kind=Kind.GATEWAY)).pk

    with django_assert_num_queries(1):
        assert WITH_TOKEN.first(pk).token.account is None


def test_what_is_not_there_is_none():
    assert WITH_TOKEN.first(2**31 - 1) is None
