"""What the operators' commands refuse and write down."""

import pytest
from django.core.management import CommandError

from accounts.models import AuditEvent


def error(run, *words):
    with pytest.raises(CommandError) as refusal:
        run(*words)
    return str(refusal.value), refusal.value.returncode


def last_event():
    return AuditEvent.objects.order_by("-pk").first()
