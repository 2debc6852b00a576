"""The tag of the part of a page that shows how a token is used."""

from django import template

from tokens.kind_pages import HOMES, action_url
from tokens.use_it.addresses import PURPOSES
from tokens.use_it.catalogue import CATALOGUE, SECRET_PLACEHOLDER, snippet

register = template.Library()


@register.simple_tag
def use_of(token, client=""):
    """Return how a token is used by the client that is asked for, or by the first."""
    shown = snippet(token.kind, client)
    if shown is None:
        return {"template": HOMES[token.kind].use}
    text = shown.filled(token)
    missing = shown.missing
    return {
        "snippet": shown,
        "snippets": CATALOGUE[token.kind],
        "missing": missing,
        "purpose": PURPOSES.get(missing),
        "text": text,
        # The masked secret stands between them.
        "parts": text.split(SECRET_PLACEHOLDER),
        "url": action_url("use_it", token),
    }
