"""Names that people give: every character in them can be seen, and no token is in them.

A character that shows nothing makes two names look alike, and one that turns the
direction of text makes a name look like another, or like more than a name.
"""

import re

from django import forms
from django.core.exceptions import ValidationError

from accounts import hooks
from accounts.rule_violations import RuleViolation

# Unicode's Default_Ignorable_Code_Point: soft hyphens, joiners, direction marks,
# overrides and isolates, fillers, variation selectors, tags. And annotations.
IGNORABLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# From Arabic to Burmese, Khmer and Mongolian a joiner changes what is seen, and names of
# people are written with it; between two emoji it makes them one.
JOINED = (
    r"\u0600-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\u2190-\u2bff\ufe0f"
    r"\U0001f000-\U0001faff"
)
SEEN = rf"(?<=[{JOINED}])[\u200c\u200d](?=[{JOINED}])"
# Whether a symbol is drawn as an emoji, and a keycap around a digit.
SYMBOLS = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)
STYLED = rf"(?<=[{SYMBOLS}])[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)"
UNSEEN = re.compile(f"(?:{SEEN}|{STYLED})|([{IGNORABLE}])")


def unseen(text):
    """Return the first character of a text that cannot be seen in it, or None."""
    return next((found[1] for found in UNSEEN.finditer(text) if found[1]), None)


def _sentence(letter):
    return (
        f"U+{ord(letter):04X} is in it, which cannot be seen or turns the direction of "
        "text. Type it without."
    )


def check_seen(**texts):
    """Raise RuleViolation for the first of some fields that others should not read.

    Something in it cannot be seen, or it is a whole token.
    """
    for field, text in texts.items():
        letter = unseen(text)
        if letter:
            raise RuleViolation("unseen_character", _sentence(letter), field=field)
    check_no_secret(**texts)


def holds_secret(text):
    """Return whether a whole token is somewhere in a text."""
    return any(is_within(text) for is_within in hooks.secrets_within)


def check_no_secret(**texts):
    """Raise RuleViolation for the first of some fields that has a whole token in it."""
    for field, text in texts.items():
        if holds_secret(text):
            raise RuleViolation("secret_in_text", SECRET_IN_TEXT, field=field)


SECRET_IN_TEXT = (
    "A whole token is in it, and more people read this than may copy tokens. "
    "Name it by its first letters."
)


def validate_seen(text):
    _validate(check_seen, text)


def validate_no_secret(text):
    _validate(check_no_secret, text)


def _validate(check, text):
    try:
        check(text=text)
    except RuleViolation as refusal:
        raise ValidationError(refusal.message, code=refusal.code) from None


class NameField(forms.CharField):
    """A text that others will read."""

    default_validators = [validate_seen]


class ValueField(forms.CharField):
    """A text of whatever letters that others will read."""

    default_validators = [validate_no_secret]


# What a program that shows mails may make a link of, in the dots of any script.
LINKING = re.compile(r"[.:\u3002\uff0e\uff61](?=\S)")
QUOTES = str.maketrans({"“": "'", "”": "'"})


def quoted(name):
    """Return a name as mails have it: in quotes, and never as a link."""
    plain = str(name).translate(QUOTES)
    return f"“{LINKING.sub(lambda dot: f'[{dot[0]}]', plain)}”"
