"""Seeds of second factors at rest: each is sealed for its person and its purpose.

allauth has a text encrypted and decrypted without saying whose it is. So what it gets
from us is nobody's until a row of its table has it, and every row that is made or read
says for whom its seeds are: in another person's row they do not open.
"""

import base64

from accounts.crypto.envelope import Sealed, seal, unseal

# What of an authenticator's data is an envelope.
NAMES = ("secret", "seed")


class Fresh(str):
    """A seed that is nobody's yet. Kept without an owner it is an empty text."""

    __slots__ = ("plain",)

    def __new__(cls, plain):
        made = super().__new__(cls)
        made.plain = plain
        return made


class Owned(str):
    """An envelope in base64 that knows what it must have been sealed for."""

    __slots__ = ("context",)

    def __new__(cls, text, context):
        made = super().__new__(cls, text)
        made.context = context
        return made


def own(instance, **_):
    """Let the seeds of an Authenticator that was made or read know their owner."""
    found = instance.__dict__
    if "data" in found and "user_id" in found:
        instance.data |= {
            name: _owned(text, _context(instance, name))
            for name, text in sealed(instance).items()
        }


def sealed(authenticator):
    """Return what of an authenticator's data is sealed, by name."""
    data = authenticator.data
    return {name: data[name] for name in NAMES if name in data}


def renewed(seed):
    """Return an Owned seed in a new envelope, under the active key."""
    plain = opened(seed)
    fresh = _owned(Fresh(plain), seed.context)
    if opened(fresh) != plain:
        raise AssertionError("an envelope does not give back what was put into it")
    return fresh


def opened(seed):
    """Decrypt a seed; raises Sealed for one that is not its owner's."""
    try:
        envelope = base64.b64decode(seed, validate=True)
        return unseal(envelope, *seed.context).decode()
    except (ValueError, AttributeError):
        raise Sealed("there is no seed of anybody") from None


def _owned(text, context):
    if isinstance(text, Fresh):
        envelope, _kid = seal(text.plain.encode(), *context)
        text = base64.b64encode(envelope).decode()
    return Owned(text, context)


def _context(authenticator, name):
    parts = (authenticator._meta.db_table, name, str(authenticator.user_id))
    return tuple(part.encode() for part in parts)
