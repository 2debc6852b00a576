"""The HTTP API: Logz.io's contract, so that its clients work unchanged."""

from ninja import NinjaAPI

from accounts.api import failures
from accounts.api.fields import StrictParser
from tokens.api import whoami
from tokens.api.auth import ApiToken

api = NinjaAPI(
    title="Tollgate",
    version="1",
    docs_url=None,
    openapi_url=None,
    auth=ApiToken(),
    parser=StrictParser(),
)
failures.handle_all(api)
api.add_router("", whoami.router)
