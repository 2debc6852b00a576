"""Tokens that somebody invents: of our form, and not made here."""

from tokens.secrets import CHECK_CHARACTERS, Secret, _checksum, make


def invented(kind):
    """Return a Secret with the right checksum and a MAC that is wrong in its last letter."""
    return with_letter(make(kind), 46)


def with_letter(secret, place):
    """Return a Secret with another letter at a place, and the checksum of that."""
    text = secret.reveal()[:-CHECK_CHARACTERS]
    other = "0" if text[place] != "0" else "1"
    return with_checksum(text[:place] + other + text[place + 1 :])


def without_mac(kind):
    """Return a Secret as they were made before: of 43 random letters."""
    first, second = make(kind).reveal(), make(kind).reveal()
    return with_checksum(first[:35] + second[4:16])


def with_checksum(body):
    return Secret(body + _checksum(body))
