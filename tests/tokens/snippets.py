"""Snippets as the page gives them out, for tests that hand them to clients."""

from dataclasses import dataclass

from tokens.use_it.catalogue import CATALOGUE

# Of our own form, and one that was taken over and looks like a number.
SECRETS = (f"tgl_{'aB3' * 16}x", "12345678901234567890123456789012")


@dataclass(frozen=True, slots=True)
class Numbered:
    account_id: int = 1042


def filled(file, secret=SECRETS[0]):
    """Return the text of a snippet, by the name of its file in the catalogue."""
    known = {each.file: each for snippets in CATALOGUE.values() for each in snippets}
    return known[file].filled(Numbered(), secret)
