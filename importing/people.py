"""How people move in: with their roles, and without a mail unless they shall have one."""

from django.core.validators import validate_email

from accounts.api.logzio.user_bodies import ROLES
from accounts.members import add_member, suspend_member
from accounts.rule_violations import RuleViolation
from importing.inventory import ImportOutcome
from importing.target import Done


def add(target, person):
    account, role = target.account(person.account_id), ROLES[person.role]
    member = account.memberships.filter(user__email__iexact=person.username).first()
    if member is None:
        return _add(target, account, person, role)
    if member.role != role:
        raise RuleViolation(
            "role", f"There already, as {member.get_role_display().lower()}."
        )
    return Done(ImportOutcome.THERE, member.user_id)


def _add(target, account, person, role):
    validate_email(person.username)
    member = add_member(
        account,
        email=person.username,
        full_name=person.full_name,
        role=role,
        by=target.by,
        tell=target.send_mails,
    )
    detail = role.label.lower()
    if person.active is False:
        suspend_member(member, by=target.by)
        detail += ", suspended"
    return Done(ImportOutcome.NEW, member.user_id, detail)
