"""The list of secrets without a MAC: how a process reads it, and when it goes by it."""

import time
from math import inf

import pytest
from django.db import connection

from gateway.verify.invalidation import open_connection
from tests.factories import BY, MainFactory, TokenFactory
from tests.invented import invented, without_mac
from tests.tokens.test_secrets import LETTERS, UUID
from tokens import without_mac as module
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.secrets import Secret, digests, make
from tokens.without_mac import Latest, Listed, Reader, ShortDigests, may_exist

ONE_MORE = """
    INSERT INTO tokens_storedsecret
        (token_id, lookup, index_kid, envelope, enc_kid, valid_until)
    SELECT token_id, %s, index_kid, envelope, enc_kid, created_at
    FROM tokens_storedsecret LIMIT 1
"""


class Opened:
    """The test's own connection, which knows of no other transactions unless it is told."""

    horizons = ()

    def __init__(self):
        self.queries = []

    def execute(self, query):
        self.queries.append(query)
        cursor = connection.cursor()
        if "pg_snapshot" in query:
            return self
        return cursor.execute(query) or cursor

    def fetchone(self):
        return self.horizons.pop(0)


@pytest.fixture
def opened(db):
    return Opened()


@pytest.fixture
def reader(monkeypatch):
    # Nobody else writes in a test, and that is how SQLite is at all times.
    monkeypatch.setitem(module.HORIZONS, "postgresql", module.HORIZONS["sqlite"])
    return Reader(connection.vendor)


def move_in(account, secret, name="moved in"):
    return Token.issue(account=account, kind=Kind.API, name=name, by=BY, secret=secret)


def holds(listed, secret):
    return any(digest in listed for digest in digests(secret))


def test_what_is_made_here_is_not_listed(reader, opened, main):
    token = TokenFactory(account=main)

    listed = reader.look(opened, 0)

    assert not listed
    assert StoredSecret.objects.get(token=token).has_mac
    assert not holds(listed, Secret(token.secret_text))


@pytest.mark.parametrize("looks", [1, 2, 3, 4])
def test_what_has_no_mac_is_listed_at_each_look(reader, opened, main, looks):
    old = without_mac(Kind.API)
    move_in(main, old)
    for _ in range(looks):
        listed = reader.look(opened, 0)
        assert listed
        assert holds(listed, old)
        assert not holds(listed, Secret(UUID))

    move_in(main, Secret(UUID), "later")

    listed = reader.look(opened, 0)
    assert holds(listed, old)
    assert holds(listed, Secret(UUID))


def test_what_was_read_for_good_is_not_read_again(reader, opened, main):
    move_in(main, Secret(UUID))
    for _ in range(3):
        reader.look(opened, 0)
    opened.queries.clear()

    reader.look(opened, 0)

    (query,) = opened.queries
    assert f"id > {StoredSecret.objects.latest('pk').pk} " in query


def test_a_row_that_is_committed_after_a_later_one_is_not_missed(main, opened):
    """Ids are given before transactions end: here, as PostgreSQL tells of them."""
    reader = Reader("postgresql")
    reader._rows = module.ROWS[connection.vendor]
    late = move_in(main, without_mac(Kind.API), "late")[0].secrets.get()
    move_in(main, Secret(UUID))
    StoredSecret.objects.filter(pk=late.pk).update(has_mac=True)  # Not to be seen yet.
    # Transaction 7 is under way when rows are seen for the first time, and a look later.
    opened.horizons = [(7, 9), (7, 10), (9, 11)]

    assert not holds(reader.look(opened, 0), late.open())
    assert not holds(reader.look(opened, 0), late.open())
    StoredSecret.objects.filter(pk=late.pk).update(has_mac=False)

    for _ in range(3):
        listed = reader.look(opened, 0)
        assert holds(listed, late.open())
        assert holds(listed, Secret(UUID))
    assert opened.horizons == []


def test_a_long_list_is_read_a_little_at_each_look(reader, opened, main, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    secrets = [without_mac(Kind.API) for _ in range(5)]
    for number, secret in enumerate(secrets):
        move_in(main, secret, str(number))

    assert reader.look(opened, 0) is None  # Too many for new ones.
    monkeypatch.setattr(module, "PATIENCE", -1)
    assert reader.look(opened, 0) is None  # No time.
    monkeypatch.setattr(module, "PATIENCE", inf)
    listed = reader.look(opened, 0)

    assert all(holds(listed, secret) for secret in secrets)
    assert len(listed.before) == 5


def test_more_than_memory_is_for_are_not_listed(reader, opened, main, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1)
    move_in(main, Secret(UUID))
    assert reader.look(opened, 0)
    move_in(main, without_mac(Kind.API), "second")

    looks = [reader.look(opened, 0) for _ in range(4)]

    assert looks[-1] is None


def test_all_is_read_again_in_another_database(reader, opened, main):
    move_in(main, Secret(UUID))
    for _ in range(3):
        reader.look(opened, 0)
    # Another row has that id by now.
    other = without_mac(Kind.API)
    (digest,) = digests(other)
    StoredSecret.objects.filter(has_mac=False).update(lookup=digest)
    assert not holds(reader.look(opened, 0), other)

    assert holds(reader.look(opened, 1), other)


def test_rows_that_are_gone_again_are_not_waited_for(reader, opened, main, monkeypatch):
    token, _ = move_in(main, Secret(UUID))
    after = reader._after

    def gone_after(*arguments):
        rows = after(*arguments)
        StoredSecret.objects.filter(token=token).delete()
        return rows

    monkeypatch.setattr(reader, "_after", gone_after)

    assert holds(reader.look(opened, 0), Secret(UUID))
    assert not reader.look(opened, 0)


def test_a_set_of_short_digests_holds_what_was_put_in():
    digests = [number.to_bytes(2) * 16 for number in range(5_000)]
    listed = ShortDigests()

    for digest in digests:
        listed.add(digest[:5])

    assert len(listed) == 5_000
    assert all(digest in listed for digest in digests)
    assert b"\xff" * 32 not in listed


@pytest.mark.parametrize("changed", range(5))
def test_all_of_a_short_digest_counts(changed):
    listed = ShortDigests()
    listed.add(b"\x11" * 5)
    other = bytearray(b"\x11" * 5)
    other[changed] = 0x22

    # Of the first byte half is enough to find a group.
    assert (bytes(other) in listed) is False


def of(*secrets):
    new = frozenset(digest[:5] for secret in secrets for digest in digests(secret))
    return Listed(ShortDigests(), new)


@pytest.mark.parametrize(
    ("secret", "listed", "answer"),
    [
        pytest.param(invented(Kind.API), None, True, id="not known"),
        pytest.param(invented(Kind.API), of(), False, id="invented"),
        pytest.param(invented(Kind.API), of(Secret(UUID)), False, id="another"),
        pytest.param(make(Kind.API), of(), True, id="made here"),
        pytest.param(Secret(UUID), of(), False, id="nobody's UUID"),
        pytest.param(Secret(UUID), of(Secret(UUID)), True, id="moved in"),
    ],
)
def test_what_may_exist(secret, listed, answer):
    assert may_exist(secret, listed) is answer


def test_what_was_told_is_gone_by_for_its_time_only():
    latest = Latest()
    assert latest.allows(Secret(UUID))

    latest.publish(of(), until=time.monotonic() + 3600)
    assert not latest.allows(Secret(UUID))

    latest.publish(of(), until=time.monotonic() - 1)
    assert latest.allows(Secret(UUID))


@pytest.mark.postgresql
def test_postgresql_tells_what_may_still_be_committed(transactional_db):
    main = MainFactory()
    move_in(main, Secret(UUID))
    late = without_mac(Kind.API)
    reader = Reader("postgresql")
    with open_connection() as opened, open_connection() as other:
        other.autocommit = False
        other.execute(ONE_MORE, [digests(late)[0]])
        move_in(main, Secret(LETTERS), "later")
        for _ in range(3):
            listed = reader.look(opened, 0)
            assert holds(listed, Secret(LETTERS))
            assert not holds(listed, late)
        assert len(listed.before) == 0
        other.commit()

        for _ in range(3):
            assert holds(reader.look(opened, 0), late)
        assert len(reader.look(opened, 0).before) == 3
