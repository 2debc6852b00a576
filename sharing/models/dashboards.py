from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.audit.trail import record
from accounts.locks import locked, read_again, repeated
from accounts.models import Account, Action
from accounts.names import check_no_secret, check_seen
from accounts.rule_violations import RuleViolation
from sharing.models.filters import PRINTABLE
from tokens.secrets import is_within

MOST_DASHBOARDS = 50
LONGEST_ADDRESS = 2000
WRITTEN = ("title", "address")


def check_address(text):
    """Raise ValidationError for what a browser should not be sent to."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("Give a whole address that begins with https://")
    if any(letter.isspace() for letter in text) or "\\" in text:
        raise ValidationError("An address has no spaces and no backslashes.")
    if parts.username is not None or is_within(text):
        raise ValidationError(
            "Leave passwords and tokens out of the address: "
            "visitors bring what the link gives them."
        )


def _split(text):
    try:
        parts = urlsplit(text)
        _ = parts.port  # Looked at, since it is only read when it is asked for.
    except ValueError:
        return None
    return parts


class SharedView(models.Model):
    """A dashboard behind the gateway that every link of an account opens."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="shared_views"
    )
    title = models.CharField(max_length=100, validators=[PRINTABLE])
    address = models.CharField(
        max_length=LONGEST_ADDRESS, validators=[PRINTABLE, check_address]
    )
    position = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    @property
    def values(self):
        """The fields that a person writes."""
        return {name: getattr(self, name) for name in WRITTEN}

    @property
    def host(self):
        return urlsplit(self.address).netloc

    @classmethod
    @repeated
    def add(cls, *, account, title, address, by):
        """Put a view below the others; raises RuleViolation."""
        if not account.takes_logs:
            raise RuleViolation(
                "account_type_has_no_views",
                f"A {account.get_kind_display()} account has no links to open views.",
            )
        check_seen(title=title)
        check_no_secret(address=address)
        with locked(account):
            others = list(account.shared_views.all())
            if len(others) >= MOST_DASHBOARDS:
                raise RuleViolation(
                    "too_many_views",
                    f"An account has at most {MOST_DASHBOARDS} shared views.",
                )
            made = cls.objects.create(
                account=account,
                title=title,
                address=address,
                position=others[-1].position + 1 if others else 0,
                created_by=by.author,
            )
            made._record(Action.VIEW_CREATED, by, address=address)
        return made

    @repeated
    def edit(self, *, title, address, by, version=None):
        with locked(self.account):
            read_again(self, version)
            new = {"title": title, "address": address}
            changes = [
                [name, getattr(self, name), new[name]]
                for name in WRITTEN
                if getattr(self, name) != new[name]
            ]
            if not changes:
                return
            check_seen(**{name: after for name, _, after in changes})
            self.title, self.address = title, address
            self.version += 1
            self.save(update_fields=[*WRITTEN, "version"])
            self._record(Action.VIEW_UPDATED, by, changes=changes)

    def move(self, places, *, by):
        """Move by some places among the account's views, negative ones up.

        Returns whether it stands elsewhere now.
        """
        return self._move(lambda old: old + places, by)

    def move_to(self, position, *, by):
        """Move to a place among the account's views, from 1 on, as `move` does."""
        return self._move(lambda old: position - 1, by)

    @repeated
    def _move(self, target, by):
        with locked(self.account):
            read_again(self)
            views = list(self.account.shared_views.all())
            old = views.index(self)
            views.insert(max(target(old), 0), views.pop(old))
            new = views.index(self)
            if new == old:
                return False
            for position, view in enumerate(views):
                view.position = position
            SharedView.objects.bulk_update(views, ["position"])
            changes = [["position", old + 1, new + 1]]
            self._record(Action.VIEW_MOVED, by, changes=changes)
            return True

    @repeated
    def remove(self, *, by, version=None):
        with locked(self.account):
            read_again(self, version)
            self._record(Action.VIEW_DELETED, by, address=self.address)
            self.delete()

    def _record(self, action, by, **data):
        record(
            action,
            by=by,
            account=self.account,
            target=str(self),
            view_id=self.pk,
            **data,
        )
