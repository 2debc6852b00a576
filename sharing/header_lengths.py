"""How long a scope may get where it is handed on, which is in headers of answers."""

from accounts import hooks
from accounts.rule_violations import RuleViolation

# Proxies take 64 KiB of headers, those of whatever answers besides included.
MOST_HEADER = 32_000


def check_length(scope, whose, *, field):
    """Raise RuleViolation, at a field of a form, for a scope that no proxy would hand on."""
    if _is_too_long(scope):
        raise RuleViolation(
            "filters_too_long",
            f"{whose} would be too long together for proxies to hand on. "
            "Take fewer filters, or shorter ones.",
            field=field,
        )


def _is_too_long(scope):
    # None is written shorter than it is, and to write very many would take long.
    plain = sum(len(text) for clauses in scope for clause in clauses for text in clause)
    return plain > MOST_HEADER or any(
        measure(scope) > MOST_HEADER for measure in hooks.scope_lengths
    )
