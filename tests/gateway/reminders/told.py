"""What was told, and what there is to be told of."""

from datetime import timedelta

from django.core import mail
from django.utils import timezone

from accounts.models import Action, AuditEvent
from accounts.plans import Plan


def subjects():
    return [each.subject.removeprefix("[Tollgate] ") for each in mail.outbox]


def told():
    return AuditEvent.objects.filter(action=Action.REMINDED).order_by("pk")


def begin_trial(account, *, days):
    organisation = account.organisation
    organisation.plan = Plan.COMMUNITY
    organisation.trial_ends_at = timezone.now() + timedelta(days=days)
    organisation.save()
