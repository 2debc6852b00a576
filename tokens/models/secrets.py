from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from accounts.clock import clock
from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.crypto.keys import keyring
from accounts.prepared import insert, new
from accounts.rule_violations import RuleViolation, Unavailable
from tokens.secrets import Secret, carries_mac, digest, digests


class StoredSecretQuerySet(models.QuerySet):
    def matching(self, secret):
        """Return the rows that a secret may open: one, or none."""
        return self.filter(lookup__in=digests(secret))

    def current(self):
        return self.filter(valid_until=None)

    def overlapping(self):
        """Return secrets that were rotated away but still work."""
        return self.filter(valid_until__gt=clock.now())

    def last_end(self):
        """Return when the last of them stops, or None."""
        return self.aggregate(last=models.Max("valid_until"))["last"]

    def step_down(self, *, until):
        """Let the current secret work until then, and no earlier one any more."""
        self.overlapping().update(valid_until=clock.now())
        self.current().update(valid_until=until)

    def finish(self):
        """Stop what overlaps; raises RuleViolation when nothing does."""
        # Somebody may have rolled back, and then the old secret is the current one.
        if not self.overlapping().update(valid_until=clock.now()):
            raise RuleViolation(
                "nothing_overlaps", "The rotation is over: one secret works already."
            )

    def step_back(self):
        """Let the last secret that overlaps be the current one; return it."""
        before = self.overlapping().select_related("token").order_by("-pk").first()
        if before is None:
            raise RuleViolation(
                "nothing_overlaps",
                "The old secret has stopped, so that there is nothing to go back to.",
            )
        secret = before.open()
        self.current().update(valid_until=clock.now())
        self.filter(pk=before.pk).update(valid_until=None)
        return secret


class StoredSecret(models.Model):
    """A secret of a token, encrypted to be shown again and hashed to be found.

    A token has one current secret, and keeps the one before while they overlap.
    """

    token = models.ForeignKey(
        "tokens.Token", on_delete=models.CASCADE, related_name="secrets"
    )
    lookup = models.BinaryField(max_length=32, unique=True)
    index_kid = models.PositiveBigIntegerField()
    envelope = models.BinaryField(max_length=256)
    enc_kid = models.PositiveBigIntegerField()
    # Whether its text has the MAC of the key that it is found by. What has none is listed
    # in the memory of each process (tokens.without_mac).
    has_mac = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)

    objects = StoredSecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "token",
                condition=models.Q(valid_until=None),
                name="secret_one_current_per_token",
            )
        ]
        indexes = [
            models.Index(
                fields=["id", "lookup"],
                condition=models.Q(has_mac=False),
                name="secret_without_mac",
            )
        ]

    def __str__(self):
        return f"secret {self.pk}"

    @classmethod
    def keep(cls, token, secret, *, savepoint=True):
        """Save a secret of a token; raises RuleViolation when some token has it.

        Nobody has one that was made just now: it needs no `savepoint` to go back to.
        """
        kept = protect(secret, token.kind, token.account_id)
        row = new(cls, token_id=token.pk, **kept)
        try:
            with transaction.atomic(savepoint=savepoint):
                insert(row)
        except IntegrityError:
            raise RuleViolation(
                "secret_taken", "This token is here already.", field="secret"
            ) from None

    @property
    def born(self):
        """The mark that tells this row from another with its id, after a database went back."""
        return born(self.created_at)

    @property
    def context(self):
        token = self.token
        return context(token.kind, token.account_id, bytes(self.lookup))

    def open(self):
        """Decrypt and return the Secret; raises Unavailable without its key."""
        return opened(self.envelope, self.context, self.token.name)


def born(created_at):
    """Return microseconds since 1970, as a ticket can carry them."""
    return round(created_at.timestamp() * 1_000_000)


def opened(envelope, binding, name):
    """Return the Secret of a token in an envelope; raises Unavailable without its key."""
    try:
        return Secret(unseal(envelope, *binding).decode())
    except Sealed as error:
        raise Unavailable(
            "secret_unavailable",
            f"The secret of {name} cannot be shown: {error}. "
            "The token itself goes on working.",
        ) from error


def protect(secret, kind, account_id):
    """Return the columns that hold a secret, under the active keys."""
    found = found_by(secret)
    binding = context(kind, account_id, found["lookup"])
    envelope, enc_kid = seal(secret.reveal().encode(), *binding)
    has_mac = carries_mac(secret, found["index_kid"])
    return found | {"envelope": envelope, "enc_kid": enc_kid, "has_mac": has_mac}


def found_by(secret):
    """Return the columns by which a secret is found, under the active key."""
    ring = keyring("index")
    return {
        "lookup": digest(secret, ring.active_subkey),
        "index_kid": ring.active.kid,
    }


def context(kind, account_id, lookup):
    """Return what an envelope is bound to: it does not open in another row."""
    parts = ("tokens_storedsecret", kind, str(account_id or 0))
    return (*(part.encode() for part in parts), lookup)
