"""Read settings from the environment and `.env`, strictly."""

import os
import re
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config import databases, dotenv

BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}

# What databases, clocks and the kernel take.
MOST = 1_000_000_000
MOST_PROCESSES = 1000
MOST_PORT = 65_535
PORT = r"(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
SERVER = rf"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::{PORT})?"
# Of several hosts of a database: a folder with a socket, a name or an address.
ONE_HOST = re.compile(
    rf"(?:(?P<name>/[^:]*|[\w.-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>{PORT}))?",
    re.ASCII,
)
ADDRESS = re.compile(rf"https?://{SERVER}(?:/[\w.~/-]*)?", re.ASCII)

CACHE_ADDRESS = re.compile(
    rf"(?:redis|valkey)s?://(?:[^@/?#\s]*@)?{SERVER}(?:/[0-9]*)?|unix:///[^?#\s]+",
    re.ASCII,
)
ANCHORS = re.compile(
    rf"(?:program:)?/.+|syslog:(?:/[^/].*|//{SERVER})",
    re.ASCII,
)

NAMES_FILE = re.compile(r"sqlite:(?:///[^?]|//:memory:\Z)")
ESCAPES = (
    "where a user or password has %2F in place of /, %3F of ?, %23 of #, %5B of [ and "
    "%40 of @."
)
UNREADABLE = f"{{}} must be like postgres://user:password@host:5432/name, {ESCAPES}"
UNREADABLE_MAILER = f"{{}} must be like smtp+tls://user:password@host:587, {ESCAPES}"

RECEIVER = re.compile(
    rf"https?://(?:[^@/?#\s]*@)?{SERVER}/[!-~]*",
    re.ASCII,
)
HEADER = re.compile(r"([!#$%&'*+.^_`|~\w-]+)=([ -~]+)", re.ASCII)
# What each request says of itself: another value would break it.
OF_A_REQUEST = frozenset(
    (
        *("connection", "content-encoding", "content-length", "content-type", "expect"),
        *("host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        "x-prometheus-remote-write-version",
    )
)


class Environment(environ.Env):
    """Environment variables, with `.env` behind them; an error names the variable."""

    def __init__(self, file):
        super().__init__()
        try:
            variables = dotenv.read(file)
        except dotenv.UnreadableError as error:
            raise ImproperlyConfigured(str(error)) from error
        for name, value in variables.items():
            os.environ.setdefault(name, value)

    def required(self, name):
        """Return a variable that has no default.

        `<name>_FILE` may name a file that holds the value instead.
        """
        # Not environ's str(): it takes a value that begins with $ for a variable.
        value = self._from_file(name) or os.environ.get(name, "")
        if not value:
            raise ImproperlyConfigured(
                f"{name} is not set. `make env` writes a .env with fresh values."
            )
        return value

    def boolean(self, name, *, default):
        # environ's own bool() reads a typo as False.
        value = self.str(name, default=str(default)).strip().lower()
        if value not in BOOLEANS:
            raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
        return BOOLEANS[value]

    def one_of(self, name, values, *, default):
        value = self.str(name, default=default).strip().lower()
        if value not in values:
            words = " or ".join(values)
            raise ImproperlyConfigured(f"{name} must be {words}, not {value!r}.")
        return value

    def whole(self, name, *, default, least=0, most=MOST):
        value = self.str(name, default=str(default)).strip()
        is_number = re.fullmatch(r"0*[0-9]{1,10}", value, re.ASCII)
        if not (is_number and least <= int(value) <= most):
            raise ImproperlyConfigured(
                f"{name} must be a whole number, {least} or more and at most {most}, "
                f"not {value!r}."
            )
        return int(value)

    def address(self, name, *, default):
        """Return the address of a server.

        Pages put it into lines for shells and into files of many formats, so it has no
        letter that means something to one of them.
        """
        value = self.str(name, default="").strip()
        if not value:
            return default
        if not ADDRESS.fullmatch(value):
            raise ImproperlyConfigured(
                f"{name} must begin with http:// or https://, with a host, a port and a "
                f"path at most behind it, not {value!r}."
            )
        return value

    def cache_service(self, name):
        """Return the address of a Valkey or Redis for its client, or ""."""
        url = self.str(name, default="").strip()
        # Not shown in the error: it may hold a password.
        if url and not CACHE_ADDRESS.fullmatch(url):
            raise ImproperlyConfigured(
                f"{name} must be like redis://user:password@host:6379/0, with rediss:// "
                "for TLS, or like unix:///path."
            )
        # The client knows Valkey's own names for both by their older ones.
        return re.sub("^valkey", "redis", url)

    def write_address(self, name):
        """Return the address of what takes remote write, or ""."""
        url = self.str(name, default="").strip()
        # Not shown in the error: it may hold a password.
        if url and not RECEIVER.fullmatch(url):
            raise ImproperlyConfigured(
                f"{name} must be like https://user:password@host:8428/api/v1/write."
            )
        return url

    def headers(self, name):
        """Return headers that are given as `Name=value`, comma-separated."""
        given = [part.strip() for part in self.str(name, default="").split(",")]
        found = [HEADER.fullmatch(part) for part in given if part]
        # Not shown either.
        if None in found:
            raise ImproperlyConfigured(
                f"{name} must be like X-Scope-OrgID=tollgate,Authorization=Bearer …"
            )
        headers = {each[1]: each[2] for each in found}
        for header in headers:
            if header.lower() in OF_A_REQUEST:
                raise ImproperlyConfigured(
                    f"{name} cannot have {header}, which each request sets by itself."
                )
        return headers

    def anchors(self, name):
        """Return where heads of the audit trail are kept: paths, programs and syslogs."""
        places = [place.strip() for place in self.list(name, default=[])]
        for place in places:
            if not ANCHORS.fullmatch(place):
                raise ImproperlyConfigured(
                    f"{name} takes paths that begin with /, syslog:/dev/log, "
                    f"syslog://host:port and program:/path, not {place!r}."
                )
        return places

    def database(
        self, name, sqlite_file, connections, *, pooled=False, checkpoint_pages=1000
    ):
        """Return Django's settings for the database that an URL names.

        `pooled`: transactions of one connection may run on several of the server's.
        `checkpoint_pages`: of SQLite's WAL, after how many it makes a checkpoint; 0: never.
        """
        config = self._of_database(name, f"sqlite:///{sqlite_file}")
        if config["ENGINE"].endswith("sqlite3"):
            return config | databases.sqlite(checkpoint_pages)
        # The folder of a Unix socket has slashes, which libpq takes as %2F only.
        config["HOST"] = unquote(config["HOST"])
        options = config.get("OPTIONS", {})
        return config | databases.postgresql(options, connections, pooled=pooled)

    def _of_database(self, name, default):
        """Return what an URL of a database says; errors do not show it, or its password."""
        url = _with_plus(self.str(name, default=default))
        if url.partition(":")[0] not in ("sqlite", "postgres", "postgresql"):
            raise ImproperlyConfigured(
                f"{name} must be a sqlite:// or postgres:// URL."
            )
        # environ takes the first part of such a path for a host, and leaves it out.
        if url.startswith("sqlite") and not NAMES_FILE.match(url):
            raise ImproperlyConfigured(f"{name} must be like sqlite:////path/of/file.")
        try:
            config = None if "#" in url else self.db_url_config(url) | _several(url)
        except ValueError:
            # A / or ? in a password ends the host, and what is before it is no port.
            config = None
        if not (config and config["NAME"]):
            raise ImproperlyConfigured(UNREADABLE.format(name))
        return config

    def mailer(self, name, *, default):
        """Return an entry for MAILERS from an URL like smtp+tls://user:pw@host:587."""
        try:
            config = self.email_url_config(_with_plus(self.str(name, default=default)))
        except (ValueError, ImproperlyConfigured):
            # Their words have a part of the password when it has a / in it.
            raise ImproperlyConfigured(UNREADABLE_MAILER.format(name)) from None
        options = {
            option: config[key]
            for key, option in MAILER_OPTIONS.items()
            if config.get(key) not in (None, "")
        }
        if "host" in options:
            options["timeout"] = MAIL_TIMEOUT
        backend = config["EMAIL_BACKEND"]
        return {"BACKEND": OUR_MAILERS.get(backend, backend), "OPTIONS": options}

    def _from_file(self, name):
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
            ) from error
        except UnicodeDecodeError:
            # It would show a part of the key.
            raise ImproperlyConfigured(
                f"{name}_FILE names {path}, which is not UTF-8 text."
            ) from None


def _with_plus(url):
    """Return an URL whose path keeps its + signs, which environ reads as spaces."""
    scheme, colon, rest = url.partition(":")
    path, mark, query = rest.partition("?")
    return scheme + colon + path.replace("+", "%2B") + mark + query


def _several(url):
    """Return several hosts and their ports as libpq reads them: each has one of its own.

    environ drops those that are left out, after which one would count for all. Raises
    ValueError for what is no host.
    """
    hosts = unquote(urlsplit(url).netloc.rpartition("@")[2]).split(",")
    if len(hosts) == 1:
        return {}
    found = [ONE_HOST.fullmatch(host) for host in hosts]
    if None in found:
        raise ValueError
    return {
        "HOST": ",".join(each["name"] or each["address"] for each in found),
        "PORT": ",".join(each["port"] or "" for each in found),
    }


# Seconds; without any, a server that says nothing would hold a thread for ever.
MAIL_TIMEOUT = 10
OUR_MAILERS = {
    "django.core.mail.backends.filebased.EmailBackend": "config.mail_files.EmailBackend"
}
MAILER_OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_FILE_PATH": "file_path",
}
