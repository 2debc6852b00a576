from datetime import timedelta
from hashlib import sha256
from os import environ
from pathlib import Path
from urllib.parse import quote

from django.utils.csp import CSP

from config.environment import MOST_PORT, MOST_PROCESSES, Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / environ.get("ENV_FILE", ".env"))

# --- What every installation decides for itself

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.required("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
TOLLGATE_ENC_KEYS = env.required("TOLLGATE_ENC_KEYS")
TOLLGATE_INDEX_KEYS = env.required("TOLLGATE_INDEX_KEYS")
TOLLGATE_AUDIT_KEY = env.required("TOLLGATE_AUDIT_KEY")
TOLLGATE_ALLOW_MISSING_ENC_KEY = env.boolean(
    "TOLLGATE_ALLOW_MISSING_ENC_KEY", default=False
)
# Where the heads of the audit trail's chains are kept besides.
AUDIT_ANCHORS = env.anchors("AUDIT_ANCHORS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.boolean("HTTPS", default=False)
# Proxies that may name the client's address in X-Forwarded-For, counted from ours.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", default=0)
DJANGO_ADMIN = env.boolean("DJANGO_ADMIN", default=False)

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.whole("PORT", default=8000, least=1, most=MOST_PORT)
WORKERS = env.whole("WORKERS", default=2, least=1, most=MOST_PROCESSES)
# Per worker.
THREADS = env.whole("THREADS", default=8, least=1, most=MOST_PROCESSES)

DEMO = env.boolean("DEMO", default=False)
DEMO_PASSWORDS = {
    role: env.required(f"DEMO_PASSWORD_{role.upper()}") if DEMO else ""
    for role in ("admin", "user", "read_only", "staff")
}

# Where gateways ask, apart from the portal.
GATEWAY_HOST = env.str("GATEWAY_HOST", default="127.0.0.1")
GATEWAY_PORT = env.whole("GATEWAY_PORT", default=PORT + 1, least=1, most=MOST_PORT)

APP_URL = env.address("APP_URL", default=f"http://{HOST}:{PORT}")
API_URL = env.address("API_URL", default=APP_URL)


def _cookie(name):
    """Return a name that nothing else on this host has, whatever its port or path."""
    installation = sha256(APP_URL.encode()).hexdigest()[:8]
    # Under it a browser takes no cookie from another host of the same domain.
    prefix = "__Host-" if HTTPS else ""
    return f"{prefix}tollgate_{name}_{installation}"


# The demo's own listener answers where gateways ask.
DEMO_LISTENER_URL = f"http://{GATEWAY_HOST}:{GATEWAY_PORT}" if DEMO else ""
LISTENER_URL = env.address("LISTENER_URL", default=DEMO_LISTENER_URL)
METRICS_LISTENER_URL = env.address("METRICS_LISTENER_URL", default=DEMO_LISTENER_URL)
TRACES_LISTENER_URL = env.address("TRACES_LISTENER_URL", default=DEMO_LISTENER_URL)
# Where gateways let Loki, VictoriaLogs, VictoriaMetrics, Mimir and Tempo be read.
QUERY_URL = env.address("QUERY_URL", default="")
# Calls in a minute: of /api/v1 by one token, of /v1 and /v2 by one token, and of all of
# these by one address without a good one.
API_RATE = env.whole("API_RATE", default=600, least=1)
LOGZIO_API_RATE = env.whole("LOGZIO_API_RATE", default=6000, least=1)
API_FAILURE_RATE = env.whole("API_FAILURE_RATE", default=60, least=1)
# Where hosts count these calls together; without it in PostgreSQL, in parts.
CACHE_URL = env.cache_service("CACHE_URL")
# Mails of an organisation to people whom it names, in a day.
INVITATIONS_A_DAY = env.whole("INVITATIONS_A_DAY", default=100, least=1)
PLAN_URL = env.str("PLAN_URL", default="")
# Where GitHub publishes the keys that it signs reports of found tokens with: an address,
# or a file with a copy of it where there is no way to the internet.
GITHUB_KEYS_URL = env.str(
    "GITHUB_KEYS_URL",
    default="https://api.github.com/meta/public_keys/secret_scanning",
)

# For how long a server that is told to stop is not ready before it does.
DRAIN_SECONDS = env.whole("DRAIN_SECONDS", default=5, most=86_400)
# For how long gateways go by what was known when the database went away.
GATEWAY_GRACE_SECONDS = env.whole("GATEWAY_GRACE_SECONDS", default=30)
# A question waits for nothing: more threads only fight for the interpreter.
GATEWAY_WORKERS = env.whole("GATEWAY_WORKERS", default=1, least=1, most=MOST_PROCESSES)
GATEWAY_THREADS = env.whole("GATEWAY_THREADS", default=2, least=1, most=MOST_PROCESSES)
# A socket whose permissions say who may ask about tokens without a credential.
GATEWAY_SOCKET = env.str("GATEWAY_SOCKET", default="")
# Where Prometheus asks; 0 and none: nowhere. Never where the public can.
METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")
METRICS_PORT = env.whole("METRICS_PORT", default=0, most=MOST_PORT)
METRICS_SOCKET = env.str("METRICS_SOCKET", default="")
# Where calls of tokens are sent to by remote write; "" for nowhere.
REMOTE_WRITE_URL = env.write_address("REMOTE_WRITE_URL")
REMOTE_WRITE_HEADERS = env.headers("REMOTE_WRITE_HEADERS")
# Whether the database tells callers of a token apart.
COUNT_CALLERS = env.boolean("COUNT_CALLERS", default=True)
# Whether webhooks may also go to this network, and without TLS.
WEBHOOK_PRIVATE_ADDRESSES = env.boolean("WEBHOOK_PRIVATE_ADDRESSES", default=False)

# What lets a visitor of a share link in. Dashboards under another name of the same
# domain see it when it is set for that domain.
SHARE_TICKET_MINUTES = env.whole("SHARE_TICKET_MINUTES", default=15, least=1)
SHARE_COOKIE_DOMAIN = env.str("SHARE_COOKIE_DOMAIN", default="") or None

# --- Applications

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "accounts",
    "tokens",
    "sharing",
    "importing",
    "gateway",
    "leaks",
    "demo",
]

MIDDLEWARE = [
    "accounts.web.middleware.RequestIdMiddleware",
    "accounts.web.health.HealthMiddleware",
    "accounts.api.plumbing.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "accounts.identity.backchannel.BackchannelLogoutMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.web.middleware.MethodMiddleware",
    "accounts.web.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.web.middleware.LoginRequiredMiddleware",
    "accounts.identity.middleware.ProviderSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.web.middleware.SessionActivityMiddleware",
    "accounts.web.middleware.ViewerTimezoneMiddleware",
    "accounts.web.middleware.LastAccountMiddleware",
    "accounts.web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.web.context.settings_area",
            ],
            "libraries": {"heroicons": "accounts.templatetags.icons"},
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database

DATABASES = {
    # Each thread keeps a connection while gateways ask; one more writes what was used,
    # and one works on what is done to many tokens.
    "default": env.database(
        "DATABASE_URL",
        BASE_DIR / "tollgate.sqlite3",
        connections=max(THREADS, GATEWAY_THREADS) + 3,
        pooled=env.boolean("DATABASE_POOLER", default=False),
        # litestream's copies are damaged where somebody else makes checkpoints as well.
        checkpoint_pages=env.whole("SQLITE_AUTOCHECKPOINT", default=1000),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

# --- People and sessions

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:home"
SESSION_ENGINE = "accounts.web.sessions"
SESSION_COOKIE_NAME = _cookie("session")
CSRF_COOKIE_NAME = _cookie("csrf")
DEVICE_COOKIE_NAME = _cookie("device")
MESSAGES_COOKIE_NAME = _cookie("messages")
MESSAGE_STORAGE = "accounts.web.messages.MessageStorage"
PASSWORD_RESET_TIMEOUT = timedelta(days=7).total_seconds()

ACCOUNT_ADAPTER = "accounts.signing_in.adapters.AccountAdapter"
# allauth counts in the cache, which strangers can flush: accounts.rate_limits.attempts counts.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.signing_in.LoginForm",
    "change_password": "accounts.forms.signing_in.ChangePasswordForm",
    "reset_password": "accounts.forms.signing_in.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = timedelta(minutes=15).total_seconds()
ACCOUNT_EMAIL_NOTIFICATIONS = True
SOCIALACCOUNT_ADAPTER = "accounts.identity.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"provider_class": "accounts.identity.provider.Provider"}
}
# With it allauth takes the password of whoever a provider names by their address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
USERSESSIONS_ADAPTER = "accounts.signing_in.adapters.UserSessionsAdapter"
MFA_ADAPTER = "accounts.signing_in.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# To make a link for a password leaves a row behind that calls the address unverified, for
# ever. It is what nobody could set up a second factor with; here nobody signs up.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_FORMS = {
    "authenticate": "accounts.forms.signing_in.AuthenticateForm",
    "reauthenticate": "accounts.forms.signing_in.ReauthenticateForm",
    "activate_totp": "accounts.forms.signing_in.ActivateForm",
    "add_webauthn": "accounts.forms.passkeys.AddForm",
    "edit_webauthn": "accounts.forms.passkeys.EditForm",
    "authenticate_webauthn": "accounts.forms.passkeys.AuthenticateForm",
    "login_webauthn": "accounts.forms.passkeys.LoginForm",
    "reauthenticate_webauthn": "accounts.forms.passkeys.ReauthenticateForm",
}
MFA_TOTP_ISSUER = "Tollgate"
# A code that is typed in its last second arrives in the next one's time.
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_TRACK_ACTIVITY = True

# --- The browser's side of security

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "accounts.web.errors.csrf_failure"

# A security account may scan every account of a large organisation.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- Language, time, files, mail

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / env.str("STATIC_ROOT", default=".static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Mails of the demo would run over its logins in a terminal.
DEMO_MAILS = BASE_DIR / "demo-mails"
TO_FILES = f"filemail:///{quote(str(DEMO_MAILS))}"
MAILERS = {
    "default": env.mailer("EMAIL_URL", default=TO_FILES if DEMO else "consolemail://")
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="tollgate@localhost")

LOG_FORMAT = env.one_of("LOG_FORMAT", ("text", "json"), default="text")
# Milliseconds from which on a query is logged, without its parameters; 0 for none.
LOG_SLOW_QUERIES = env.whole("LOG_SLOW_QUERIES", default=0)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no secrets": {"()": "accounts.web.logs.WithoutSecrets"},
        "few": {"()": "accounts.web.logs.FewOfStrangers", "name": "django.security"},
    },
    "formatters": {
        "line": {
            "()": "accounts.web.logs.OneLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "accounts.web.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
            "filters": ["few"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"filters": ["no secrets"]},
        # A line for each request.
        "tollgate.requests": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        # It would tell of each try to connect; who needed the connection says so.
        "psycopg.pool": {"level": "ERROR"},
    },
}
