"""A Django project to compare with: no middleware, and REST framework's tokens."""

from os import environ

from environ import Env

SECRET_KEY = environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.peers"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework.authtoken",
]
# Beside the portal's tables, where those are in PostgreSQL.
SCHEMA = "peers"
DATABASES = {"default": Env.db_url_config(environ["PEER_DATABASE"])}
DATABASES["default"]["CONN_MAX_AGE"] = None
if not DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = f"-c search_path={SCHEMA}"
