"""The audit trail as API tokens see it: without people's addresses.

A token is nobody, and often in many hands. It learns what happened to what and when, and
by the id who did it; from where and with which browser a person came, and a person's
e-mail, is for those who sign in. What tokens did is told with all that is kept.
"""

import re

# The events whose target is a person, known by the e-mail.
OF_PEOPLE = ("user_", "login", "logout", "password_", "mfa_", "sessions_")
EMAIL = re.compile(r"[\w.+'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
INSTEAD = "(e-mail)"


def actor(event):
    """Return the name of a token or of the operator's console; None for a person."""
    is_person = event.user_id is not None or "@" in event.actor_label
    return None if is_person and not is_by_token(event) else event.actor_label


def address(event):
    return event.ip if is_by_token(event) else None


def agent(event):
    return event.agent if is_by_token(event) else ""


def target(event):
    if event.action.startswith(OF_PEOPLE):
        return ""
    return without_emails(event.target)


def without_emails(value):
    """Return what JSON can hold, with every e-mail left out of its texts."""
    if isinstance(value, str):
        return EMAIL.sub(INSTEAD, value)
    if isinstance(value, list):
        return [without_emails(each) for each in value]
    if isinstance(value, dict):
        return {name: without_emails(each) for name, each in value.items()}
    return value


def is_by_token(event):
    return event.actor_token_id is not None
