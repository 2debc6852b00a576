"""How things look in our own API, for whole assertions."""

from tests.api.calls import Like, secret

MOMENT = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PREFIXES = {
    "api": "tga_",
    "logs": "tgl_",
    "metrics": "tgm_",
    "traces": "tgt_",
    "shared": "tgs_",
}


def token(row, **fields):
    """Return a token that somebody made and nobody has changed or used."""
    return {
        "id": row.pk,
        "account_id": row.account_id,
        "account_name": row.account.name,
        "kind": row.kind,
        "name": row.name,
        "note": row.note,
        "masked": Like(f"{PREFIXES[row.kind]}[0-9A-Za-z]{{8}}…[0-9A-Za-z]{{4}}"),
        "public_id": Like("[0-9A-Za-z]{8}"),
        "state": "active",
        "created_at": MOMENT,
        "created_by": "factory@example.com",
        "updated_at": MOMENT,
        "updated_by": "factory@example.com",
        "expires_at": None,
        "disabled_at": None,
        "disabled_reason": "",
        "deleted_at": None,
        "last_used_at": None,
        "last_used_address": "",
        "last_used_agent": "",
        "overlap_until": None,
        "scopes": ["everything"] if row.kind == "api" else None,
        "accounts": None,
        "networks": [],
        "calls_per_minute": None,
        "version": 1,
    } | fields


def secret_of(kind):
    return secret(PREFIXES[kind])


def narrowing(row, **fields):
    """Return a filter that somebody made and nobody has changed."""
    return {
        "id": row.pk,
        "account_id": row.account_id,
        "field": row.field,
        "value": row.value,
        "description": row.description,
        "created_at": MOMENT,
        "created_by": "factory@example.com",
        "version": 1,
    } | fields
