"""Two people change tokens at the same moment."""

from datetime import timedelta
from functools import partial

import pytest

from tests.factories import MainFactory, TokenFactory
from tests.races.racers import BY, ROUNDS
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


def afresh(token):
    """Return a token as another request has it."""
    return Token.objects.select_related("account__organisation").get(pk=token.pk)


def enabled(account):
    return Token.objects.enabled().filter(account=account, kind=Kind.LOGS)


def test_one_of_the_two_last_enabled_tokens_stays(race):
    account = MainFactory()
    second = TokenFactory(account=account, kind=Kind.LOGS)
    first = account.tokens.get(name="default")

    for _ in range(ROUNDS):
        outcomes = race(
            partial(afresh(first).disable, by=BY),
            partial(afresh(second).disable, by=BY),
        )

        assert outcomes == ["done", "last_enabled_token"]
        assert enabled(account).count() == 1
        for token in (first, second):
            afresh(token).enable(by=BY)


def test_one_of_the_two_last_enabled_tokens_is_not_deleted(race):
    account = MainFactory()
    for number in range(ROUNDS):
        first = enabled(account).get()
        second = TokenFactory(account=account, kind=Kind.LOGS, name=f"n{number}")

        outcomes = race(
            partial(afresh(first).delete_softly, by=BY),
            partial(afresh(second).delete_softly, by=BY),
        )

        assert outcomes == ["done", "last_enabled_token"]
        assert enabled(account).count() == 1


def full(account, *, but):
    for number in range(14 - but):
        TokenFactory(account=account, kind=Kind.LOGS, name=f"full {number}")


def test_only_one_create_takes_the_last_place(race):
    account = MainFactory()
    full(account, but=1)

    for number in range(ROUNDS):
        outcomes = race(
            *(
                partial(
                    Token.issue,
                    account=account,
                    kind=Kind.LOGS,
                    name=f"{number} {each}",
                    by=BY,
                )
                for each in range(8)
            )
        )

        assert outcomes == ["done", *["limit_reached"] * 7]
        assert enabled(account).count() == 15
        enabled(account).get(name__startswith=f"{number} ").delete_softly(by=BY)


def test_only_one_enable_takes_the_last_place(race):
    account = MainFactory()
    waiting = []
    for number in range(4):
        token = TokenFactory(account=account, kind=Kind.LOGS, name=f"wait {number}")
        token.disable(by=BY)
        waiting.append(token)
    full(account, but=1)

    for _ in range(ROUNDS):
        outcomes = race(*(partial(afresh(token).enable, by=BY) for token in waiting))

        assert outcomes == ["done", *["limit_reached"] * 3]
        assert enabled(account).count() == 15
        enabled(account).get(name__startswith="wait").disable(by=BY)


def test_a_rotation_ends_in_one_way(race):
    account = MainFactory()
    for number in range(20):
        token = TokenFactory(account=account, name=f"rotated {number}")
        token.rotate(by=BY, overlap=timedelta(hours=1))

        outcomes = race(
            partial(afresh(token).roll_back, by=BY),
            partial(afresh(token).finish_rotation, by=BY),
            partial(afresh(token).rotate, by=BY),
            partial(afresh(token).roll_back, by=BY),
        )

        # Whatever came first ended it; the rotation succeeds at any time.
        assert outcomes in (
            ["done", "done", *["nothing_overlaps"] * 2],
            ["done", *["nothing_overlaps"] * 3],
        )
        assert token.secrets.current().count() == 1
        assert token.secrets.overlapping().count() == 0


def test_a_deleted_token_is_not_rolled_back(race):
    account = MainFactory()
    for number in range(20):
        token = TokenFactory(account=account, name=f"deleted {number}")
        new = token.rotate(by=BY, overlap=timedelta(hours=1))

        outcomes = race(
            partial(afresh(token).delete_softly, by=BY),
            partial(afresh(token).roll_back, by=BY),
        )

        assert outcomes in (["done", "done"], ["done", "gone"])
        current = token.secrets.current().get().open()
        assert (current == new) == ("gone" in outcomes)


@pytest.mark.parametrize("kind", [Kind.API, Kind.GATEWAY])
def test_one_of_eight_creates_gets_the_name(race, kind):
    account = None if kind == Kind.GATEWAY else MainFactory()

    for number in range(ROUNDS):
        outcomes = race(
            *[
                partial(
                    Token.issue,
                    account=account,
                    kind=kind,
                    name=f"Name {number}",
                    by=BY,
                )
            ]
            * 8
        )

        assert outcomes == ["done", *["name_taken"] * 7]
        named = Token.objects.filter(kind=kind, name=f"Name {number}")
        assert named.count() == named.get().secrets.count() == 1


def test_rotate_against_delete_leaves_no_orphan(race):
    account = MainFactory()
    for number in range(ROUNDS):
        token = TokenFactory(account=account, name=f"Token {number}")
        version = token.version

        outcomes = race(
            partial(afresh(token).rotate, by=BY),
            partial(afresh(token).delete_softly, by=BY, version=version),
        )

        token.refresh_from_db()
        # Deleted first: rotate finds it gone. Rotated first: delete is stale.
        if token.deleted_at:
            assert outcomes == ["done", "gone"]
            assert token.secrets.count() == 1
        else:
            assert outcomes == ["done", "stale"]
            assert token.secrets.current().count() == 1
        assert token.version == 2


def test_the_second_writer_of_a_version_is_told(race):
    token = TokenFactory()
    for number in range(ROUNDS):
        version = afresh(token).version

        outcomes = race(
            *(
                partial(
                    afresh(token).rename, f"{number} {each}", by=BY, version=version
                )
                for each in range(2)
            )
        )

        assert outcomes == ["done", "stale"]
        assert afresh(token).version == version + 1
