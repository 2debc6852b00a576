"""Sign-in providers, for the pages in front of the login."""

from django import template

from accounts.identity import sessions
from accounts.models import IdentityProvider

register = template.Library()


@register.simple_tag
def installation_providers():
    """Return the providers that everybody may sign in with."""
    return list(IdentityProvider.objects.on().of_installation().order_by("name"))


@register.simple_tag
def organisations_have_providers():
    """Whether it is of any use to ask for somebody's organisation."""
    rows = IdentityProvider.objects.on().exclude(organisation=None)
    return rows.exists()


@register.simple_tag(takes_context=True)
def pending_identity(context):
    """Return the Identity that waits for its person to sign in, or None."""
    return sessions.pending(context["request"])
