"""The HTTP API: Logz.io's contract, so that its clients work unchanged."""

from ninja import NinjaAPI

from accounts.api import (
    accounts,
    associated,
    audit,
    failures,
    metrics,
    security,
    users,
    users_everywhere,
)
from accounts.api.fields import StrictParser
from gateway.api import introspection
from sharing.api import filters, shared_tokens
from tokens.api import log_tokens, minting, whoami
from tokens.api.auth import ApiToken

AREAS = (
    whoami,
    associated,
    accounts,
    metrics,
    security,
    users_everywhere,
    users,
    audit,
    log_tokens,
    minting,
    shared_tokens,
    filters,
    introspection,
)

api = NinjaAPI(
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
