"""Changes that change nothing that anybody could notice, each with its reason."""

import linecache
from importlib import import_module

# By module, by the line as it stands there, and by what is changed in it.
EQUIVALENT = {
    (
        "tokens.policies.ends",
        "return before != (row.cause, row.ends_at, row.announced_at)",
        "without row.cause",
    ): "It is saved as it was.",
    (
        "tokens.policies.ends",
        "return before != (row.cause, row.ends_at, row.announced_at)",
        "without row.ends_at",
    ): "It is saved as it was.",
    (
        "tokens.policies.ends",
        "return before != (row.cause, row.ends_at, row.announced_at)",
        "without row.announced_at",
    ): "It is saved as it was.",
    (
        "accounts.identity.id_tokens",
        'NEEDED = ["iss", "sub", "aud", "exp", "iat"]',
        "without 'iss'",
    ): "PyJWT asks for it because it is told what it has to be.",
    (
        "accounts.identity.id_tokens",
        'NEEDED = ["iss", "sub", "aud", "exp", "iat"]',
        "without 'aud'",
    ): "PyJWT asks for it because it is told what it has to be.",
    (
        "tokens.policies.ends",
        "elif end.base > row.ends_at:",
        "Gt is GtE",
    ): "It is set to what it is.",
    (
        "leaks.reporting",
        "AT_ONCE = 400",
        "400 is 401",
    ): "It is how many rows go into one statement.",
    (
        "tokens.policies.ends",
        "ROWS_AT_ONCE = 500",
        "500 is 501",
    ): "It is how many rows go into one statement.",
    (
        "tokens.policies.ends",
        "if now < seen_at:",
        "Lt is LtE",
    ): "At the moment of the round before nothing lies ahead.",
    (
        "tokens.policies.ends",
        "return False",
        "returns None",
    ): "What is deleted is not saved any more.",
    (
        "tokens.policies.ends",
        "return False",
        "False is True",
    ): "What is deleted is not saved any more.",
    (
        "tokens.policies.ends",
        "before = row.cause, row.ends_at, row.announced_at",
        "without row.cause",
    ): "It is saved as it was.",
    (
        "tokens.policies.ends",
        "before = row.cause, row.ends_at, row.announced_at",
        "without row.ends_at",
    ): "It is saved as it was.",
    (
        "tokens.policies.ends",
        "before = row.cause, row.ends_at, row.announced_at",
        "without row.announced_at",
    ): "It is saved as it was.",
    (
        "leaks.github",
        'signature = base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)',
        "'' is 'x'",
    ): "Neither is a signature.",
    (
        "accounts.identity.people",
        "if organisation:",
        "organisation is True",
    ): "No organisation has no invitations that could be accepted.",
    (
        "accounts.identity.people",
        'def arrived(identity, person, *, by, keep=""):',
        "'' is 'x'",
    ): "Neither is the key of a session.",
    (
        "accounts.identity.people",
        "return False",
        "returns None",
    ): "Who asks looks only whether it is true.",
    (
        "accounts.identity.people",
        "if is_new:",
        "is_new is True",
    ): "Who is not new and gets so far has no password either.",
    (
        "leaks.findings",
        'super().__init__("bad_report", sentence)',
        "'bad_report' is 'bad_reportx'",
    ): "Only its sentence is answered.",
    (
        "leaks.github",
        '"no_keys", "GitHub\'s keys cannot be read now. Try again."',
        "'no_keys' is 'no_keysx'",
    ): "What is unavailable has one code there, whatever it is.",
    (
        "accounts.identity.sessions",
        "if who.items() <= before.items():",
        "LtE is Lt",
    ): "What was noted before has more in it, or nothing.",
    (
        "gateway.verify.cache",
        "KEYED = blake2b(key=os.urandom(32), digest_size=16)",
        "32 is 33",
    ): "One more random byte is as good.",
    (
        "gateway.verify.gate",
        'text = environ.get("HTTP_X_TOLLGATE_GATEWAY", "")',
        "'' is 'x'",
    ): "Who shows what is nobody's is answered like who shows nothing.",
    (
        "gateway.verify.gate",
        'proxy = peer(environ.get("REMOTE_ADDR", ""))',
        "'' is 'x'",
    ): "Neither can be read as an address.",
    (
        "gateway.verify.decisions",
        "@lru_cache(1_000)",
        "1000 is 1001",
    ): "It is how many sentences are kept ready.",
    (
        "gateway.verify.decisions",
        "@lru_cache(10_000)",
        "10000 is 10001",
    ): "It is of how many accounts the headers are kept ready.",
    (
        "gateway.verify.decisions",
        "return ()",
        "returns None",
    ): "Either way there are no accounts, and nobody goes through them.",
    (
        "gateway.verify.decisions",
        "return min((end.timestamp() for end in ends if end and end > now), default=inf)",
        "Gt is GtE",
    ): "What ends at this very moment is refused already, and a trial is over.",
    (
        "gateway.verify.query_filters",
        'return ""',
        "returns None",
    ): "Who asks looks only whether there is a text.",
    (
        "gateway.verify.query_filters",
        'if " " <= character <= "~":',
        "'~' is '~x'",
    ): "No single character stands between the two.",
}


def is_equivalent(module, change):
    line, _, what = change.partition(": ")
    source = linecache.getline(import_module(module).__file__, int(line)).strip()
    return (module, source, what) in EQUIVALENT
