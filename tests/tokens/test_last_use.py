from tests.factories import BY, TokenFactory
from tokens.models import Token


def test_change_keeps_a_use_that_was_noted_meanwhile(main):
    token = TokenFactory(account=main)
    Token.objects.get(pk=token.pk).note_use("192.0.2.7", "curl")

    token.touch(by=BY)

    token = Token.objects.get(pk=token.pk)
    assert (token.last_used_address, token.version) == ("192.0.2.7", 2)
    assert token.last_used_at is not None
