"""Constraints and indexes of tokens."""

from django.db import models

from tokens.kinds import OF_INSTALLATION, Kind

NOT_DELETED = models.Q(deleted_at=None)
SINGLE = models.Q(kind__in=[Kind.METRICS, Kind.TRACES])
OURS = models.Q(kind__in=OF_INSTALLATION)
NOWHERE = models.Q(account=None, organisation=None)
SOMEWHERE = ~models.Q(account=None) & ~models.Q(organisation=None)

CONSTRAINTS = [
    models.CheckConstraint(
        condition=models.Q(kind__in=Kind.values), name="token_kind_known"
    ),
    models.CheckConstraint(
        condition=(OURS & NOWHERE) | (~OURS & SOMEWHERE),
        name="token_has_account_unless_of_installation",
    ),
    models.UniqueConstraint(
        "account",
        "kind",
        "name_key",
        condition=NOT_DELETED,
        name="token_name_unique_per_account_and_kind",
    ),
    # Without an account the constraint above never bites: NULLs are all different.
    models.UniqueConstraint(
        "kind",
        "name_key",
        condition=NOT_DELETED & OURS,
        name="token_name_unique_in_installation",
    ),
    models.UniqueConstraint(
        "account",
        "kind",
        condition=NOT_DELETED & SINGLE,
        name="token_single_for_metrics_and_traces",
    ),
]


def _in_account(name, field, condition=NOT_DELETED):
    """Index the pages of one account and kind in the order of a field.

    What is deleted is not among them, so that they are counted without a look at each row.
    """
    fields = ["account", "kind", field, "id"]
    return models.Index(fields=fields, condition=condition, name=name)


def _in_organisation(name, *fields, condition=NOT_DELETED):
    """Index the page over a whole organisation in the order of fields."""
    return models.Index(
        fields=["organisation", *fields, "id"], condition=condition, name=name
    )


INDEXES = [
    _in_account("token_by_created", "created_at"),
    _in_account("token_by_name", "name_key"),
    _in_account("token_by_use", "last_used_at"),
    # All tokens of an account, deleted ones too, are found by this one.
    _in_account("token_by_expiry", "expires_at", condition=None),
    # The limit and the last enabled one are asked among few, whatever is disabled.
    models.Index(
        fields=["account", "kind", "created_at", "id"],
        condition=NOT_DELETED & models.Q(disabled_at=None),
        name="token_enabled",
    ),
    # Over all organisations: what ends soon is asked for all the time.
    models.Index(
        fields=["expires_at"],
        condition=NOT_DELETED & models.Q(disabled_at=None, expires_at__isnull=False),
        name="token_ending",
    ),
    models.Index(
        fields=["account", "kind", "deleted_at", "id"],
        # SQLite only proves it from IS NOT NULL, not from NOT (IS NULL).
        condition=models.Q(deleted_at__isnull=False),
        name="token_deleted",
    ),
    _in_organisation("token_all_by_created", "created_at"),
    _in_organisation("token_all_by_name", "name_key"),
    _in_organisation("token_all_by_kind", "kind"),
    _in_organisation("token_all_by_use", "last_used_at"),
    _in_organisation("token_all_by_expiry", "expires_at"),
    _in_organisation(
        "token_all_disabled",
        "created_at",
        condition=NOT_DELETED & ~models.Q(disabled_at=None),
    ),
]
