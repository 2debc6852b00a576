"""The state of a link's page, and the version that its visitors have seen."""

from dataclasses import dataclass
from hashlib import sha256

from accounts.clock import clock
from sharing.models import SharedView
from sharing.summary import Summary

UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Pass:
    """The page of a link: its summary and its dashboards."""

    summary: Summary
    views: list[SharedView]

    @classmethod
    def of(cls, share, ends_at):
        account = share.token.account
        summary = Summary(
            account=account,
            filters=list(share.filters.all()),
            operator=share.operator,
            shows_everything=share.shows_everything,
            expires_at=ends_at,
            before=None,
        )
        return cls(summary, list(account.shared_views.all()))

    @property
    def seconds_left(self):
        """How long the link is open yet, or None when it has no end."""
        end = self.summary.expires_at
        return None if end is None else max((end - clock.now()).total_seconds(), 0)

    @property
    def left(self):
        return words(int(self.seconds_left))

    @property
    def key(self):
        """Return what differs as soon as a page that is open is not true any more."""
        summary = self.summary
        said = (
            summary.account.name,
            summary.clauses,
            summary.operator,
            summary.shows_everything,
            summary.expires_at,
            [(view.title, view.address) for view in self.views],
        )
        return sha256(repr(said).encode()).hexdigest()[:16]


def words(seconds):
    """Return a time that passes in two units at most; visitor.js goes on counting."""
    sizes = enumerate(size for _, size in UNITS)
    first = next((place for place, size in sizes if seconds >= size), len(UNITS) - 1)
    said = []
    for name, size in UNITS[first : first + 2]:
        number, seconds = divmod(seconds, size)
        if number or not said:
            plural = "s" if name == "day" and number > 1 else ""
            said.append(f"{number} {name}{plural}")
    return " ".join(said)
