"""A policy in words."""

from django.utils import timezone
from django.utils.formats import date_format

from accounts.plurals import counted
from tokens.policies.rules import of_kind

YES = "required"
# Rules that are a yes or a no, by what they are called in a list.
FLAGS = {
    "note_required": "Note",
    "filters_required": "Filters",
    "networks_required": "Networks",
    "scopes_required": "Scopes",
}


def lines_of(policy):
    """Return what a policy asks for as (name, words); words are blank for what it does not."""
    names = of_kind(policy.kind)
    lines = [("Expiry", _expiry(policy))] if "expiry_required" in names else []
    lines += [
        (label, YES if getattr(policy, name) else "")
        for name, label in FLAGS.items()
        if name in names
    ]
    lines.append(("Rotation", _overlap(policy)))
    if "unused_days" in names:
        lines.append(("Unused", _unused(policy)))
        lines.append(("Outside of it", _outside(policy)))
    return lines


def _expiry(policy):
    if policy.longest_days:
        return f"required, at most {counted(policy.longest_days, 'day')} ahead"
    return YES if policy.expiry_required else ""


def _overlap(policy):
    hours = policy.least_overlap_hours
    return f"overlap of at least {counted(hours, 'hour')}" if hours else ""


def _unused(policy):
    days = policy.unused_days
    return f"disabled after {counted(days, 'day')}" if days else ""


def _outside(policy):
    if not policy.ends_outside_at:
        return ""
    local = timezone.localtime(policy.ends_outside_at)
    return f"disabled after {date_format(local, 'D j M Y')}"
