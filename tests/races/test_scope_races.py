"""An API token is given less while it is at work, on a real PostgreSQL."""

from functools import partial

import pytest

from accounts.scopes import is_within
from tests.api.calls import Api
from tests.factories import ChildFactory, MainFactory, TokenFactory
from tests.races.racers import BY
from tests.races.test_token_races import afresh
from tokens.models import Token

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]
ROUNDS = 10
NARROW = "api:write audit:read"


@pytest.fixture(autouse=True)
def _as_often_as_needed(settings):
    settings.API_RATE = 1_000_000


def test_of_two_that_narrow_apart_one_is_refused(race):
    account = MainFactory()

    for _ in range(ROUNDS):
        token = TokenFactory(account=account)
        outcomes = race(
            partial(afresh(token).restrict, by=BY, scopes="users:read"),
            partial(afresh(token).restrict, by=BY, scopes="audit:read"),
        )

        assert outcomes == ["done", "wider"]
        assert afresh(token).scopes in ("users:read", "audit:read")


def test_no_token_makes_one_that_may_more_than_it_may_itself_by_then(race):
    """Whoever comes first: what was made before is as wide as its maker was then."""
    main = MainFactory()
    child = ChildFactory(main=main)

    for number in range(ROUNDS):
        maker = TokenFactory(account=main)
        api = Api(maker.secret_text)
        body = {"name": f"made {number}", "accountId": child.pk}
        answers = []
        race(
            lambda a=answers, b=body, c=api: a.append(
                c.post("/v1/api-tokens/sub-account", b)
            ),
            partial(afresh(maker).restrict, by=BY, scopes=NARROW),
        )

        made = Token.objects.get(pk=answers[0][1]["id"])
        narrowed = afresh(maker)
        assert (answers[0][0], narrowed.scopes) == (200, NARROW)
        is_older = made.created_at < narrowed.updated_at
        assert is_older or is_within(made.scopes, NARROW)


def test_a_call_that_runs_ends_well_and_the_next_one_is_refused(race):
    account = MainFactory()

    for number in range(ROUNDS):
        token = TokenFactory(account=account)
        api = Api(token.secret_text)
        call = partial(api.post, "/v1/shared-tokens/filters")
        answers = []
        race(
            lambda a=answers, c=call, n=number: a.append(
                c({"field": "n", "value": f"v{n}"})
            ),
            partial(afresh(token).restrict, by=BY, scopes="audit:read"),
        )

        said = "Insufficient privileges: This API token lacks the scope shared:write"
        assert answers[0][0] in (200, 403)
        assert call({"field": "n", "value": f"next{number}"}) == (
            403,
            {"message": said},
        )
