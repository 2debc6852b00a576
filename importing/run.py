"""Taking the steps of a move, each in a transaction of its own."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.locks import repeated
from accounts.rule_violations import RuleViolation
from importing.inventory import ImportOutcome, ReportLine


class Run:
    """Tells a report of each step; steps that the report knows are not taken again.

    `refused` are the accounts over there of which something was refused.
    """

    def __init__(self, target, report):
        self.target, self.report = target, report
        self.refused = set()

    def take(self, step):
        """Take a step and return the line about it."""
        known = self.report.done.get(str(step.key))
        if known is not None:
            self.target.note(step.key, known)
            return ReportLine(ImportOutcome.THERE, step.what, "as the report says")
        line, here = self._try(step)
        self.report.add(step.key, line, here)
        return line

    def _try(self, step):
        try:
            done = _act(step, self.target)
        except RuleViolation as refusal:
            return self._refuse(step, refusal.message)
        except ValidationError as error:
            return self._refuse(step, " ".join(error.messages))
        self.target.note(step.key, done.here)
        return ReportLine(done.outcome, step.what, done.detail), done.here

    def _refuse(self, step, why):
        self.refused.add(step.key.place)
        return ReportLine(ImportOutcome.REFUSED, step.what, why), None


@repeated
def _act(step, target):
    with transaction.atomic():
        return step.act(target)
