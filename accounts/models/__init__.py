from accounts.models.accounts import (
    LOG_KINDS,
    NAME_PATTERN,
    Account,
    AccountKind,
    Role,
)
from accounts.models.call_counts import CallCount
from accounts.models.calls import RecordedCall
from accounts.models.events import Action, AuditChain, AuditEvent
from accounts.models.generations import Generation
from accounts.models.groups import GroupRole, SeenGroups
from accounts.models.keys import CryptoKey
from accounts.models.memberships import Membership
from accounts.models.organisations import Organisation
from accounts.models.outbox import OutgoingMail
from accounts.models.people import User
from accounts.models.providers import (
    EmailDomain,
    IdentityProvider,
    RequiredSignIn,
    TokenAuthMethod,
)
from accounts.models.tries import Tries

__all__ = [
    "LOG_KINDS",
    "NAME_PATTERN",
    "Account",
    "AccountKind",
    "Action",
    "AuditChain",
    "AuditEvent",
    "CallCount",
    "CryptoKey",
    "EmailDomain",
    "Generation",
    "GroupRole",
    "IdentityProvider",
    "Membership",
    "Organisation",
    "OutgoingMail",
    "RecordedCall",
    "RequiredSignIn",
    "Role",
    "SeenGroups",
    "TokenAuthMethod",
    "Tries",
    "User",
]
