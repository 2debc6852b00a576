"""Turns: workers race for a row's `free_at`; whoever moves it on has the row until then."""


class Turn:
    """A model with `free_at`, from when a worker may take a row."""

    def hold(self, until):
        """Take or keep its turn; returns whether nobody else has it."""
        mine = type(self).objects.filter(pk=self.pk, free_at=self.free_at)
        held = mine.update(free_at=until)
        if held:
            self.free_at = until
        return bool(held)


def take_first(rows, now, lease):
    """Return the first of a query's Turns that is free and now the caller's, or None."""
    due, lost = rows.filter(free_at__lte=now).order_by("free_at", "pk"), []
    # One at a time: a thousand may wait, and be large.
    while row := due.exclude(pk__in=lost).first():
        if row.hold(now + lease):
            return row
        lost.append(row.pk)
    return None
