from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.rule_violations import RuleViolation

REMEMBERED_FOR = timedelta(hours=24)


class RecordedCallQuerySet(models.QuerySet):
    def forgettable(self):
        return self.filter(created_at__lt=timezone.now() - REMEMBERED_FOR)


class RecordedCall(models.Model):
    """A call with an idempotency key, and what was answered: a repeat is not done twice.

    It is a token's, or that of a person who sent a form.

    It is written in the transaction of what the call did, so that both are there or
    neither. No secret is in it: `secrets` names fields and rows that hold one.
    """

    # Plain numbers, since tokens are made above this app.
    token_id = models.IntegerField(null=True)
    user_id = models.IntegerField(null=True)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    answer = models.JSONField(default=dict)
    secrets = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RecordedCallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "token_id", "key", name="recorded_call_once_per_token_and_key"
            ),
            models.UniqueConstraint(
                "user_id", "key", name="recorded_call_once_per_person_and_key"
            ),
            models.CheckConstraint(
                condition=models.Q(token_id=None) ^ models.Q(user_id=None),
                name="recorded_call_is_of_a_token_or_a_person",
            ),
        ]

    def __str__(self):
        return f"call {self.key}"

    @classmethod
    def claim(cls, *, key, fingerprint, **caller):
        """Return the record of a key, and whether it is new and the call to be done.

        The `caller` is a `token_id` or a `user_id`.

        Somebody who claims the same key at the same moment waits until the first one's
        transaction has ended.
        """
        mine = cls.objects.filter(**caller, key=key)
        mine.forgettable().delete()
        call, is_new = cls.objects.get_or_create(
            **caller, key=key, defaults={"fingerprint": fingerprint}
        )
        if bytes(call.fingerprint) != fingerprint:
            raise RuleViolation(
                "key_reused",
                "This key came with another call before. Use a fresh one for each.",
                field="Idempotency-Key",
            )
        return call, is_new

    def keep(self, answer, secrets):
        self.answer, self.secrets = answer, secrets
        self.save(update_fields=["answer", "secrets"])
