from tests.factories import TokenFactory
from tokens.permissions import Use
from tokens.verification import verify


def test_token_opens_its_use(main, sub, admin):
    token = TokenFactory(account=main)

    assert verify(token.secret_text, Use.API) == token
    assert verify(token.secret_text, Use.SHIP_LOGS) is None
