"""The HTTP API: Logz.io's contract, so that its clients work unchanged."""

from accounts.api.logzio import (
    accounts,
    associated,
    audit,
    authentication_groups,
    metrics,
    security,
    tracing,
    users,
    users_everywhere,
    warm_tier,
)
from accounts.api.plumbing import failures
from accounts.api.plumbing.fields import StrictParser
from accounts.api.v1 import account_changes
from accounts.api.v1 import audit as own_audit
from config.openapi import DocumentedAPI
from gateway.api import introspection
from leaks.api import reports
from sharing.api.logzio import filters, shared_tokens
from sharing.api.v1 import creation, dashboards, shares
from sharing.api.v1 import filters as own_filters
from tokens.api.logzio import api_tokens, log_tokens, whoami
from tokens.api.plumbing.auth import ApiToken, OwnApiToken
from tokens.api.v1 import inventory, policies, states, usage, verifying
from tokens.api.v1 import tokens as own_tokens
from tokens.api.v1 import whoami as own_whoami

AREAS = (
    whoami,
    associated,
    accounts,
    metrics,
    security,
    tracing,
    warm_tier,
    users_everywhere,
    users,
    authentication_groups,
    audit,
    log_tokens,
    api_tokens,
    shared_tokens,
    filters,
    introspection,
    reports,
)
# Our own API, which tells those who call too often.
OWN_AREAS = (
    own_whoami,
    account_changes,
    inventory,
    creation,
    own_tokens,
    states,
    usage,
    verifying,
    shares,
    own_filters,
    dashboards,
    policies,
    own_audit,
)

api = DocumentedAPI(
    title="Tollgate",
    version="1",
    docs_url=None,
    openapi_url=None,
    auth=ApiToken(),
    parser=StrictParser(),
)
failures.handle_all(api)
for area in AREAS:
    api.add_router("", area.router)
for area in OWN_AREAS:
    api.add_router("", area.router, auth=OwnApiToken())
