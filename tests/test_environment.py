"""Values of the environment: how each is read, and how a wrong one is refused."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment


@pytest.fixture
def env(monkeypatch):
    def environment(file=Path(os.devnull), **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Environment(file)

    return environment


@pytest.mark.parametrize(
    "text",
    [
        "tollgate.example.com",
        "ftp://tollgate.example.com",
        "https://",
        "https://user:password@tollgate.example.com",
        "https://tollgate.example.com/a b",
        "https://tollgate.example.com/?a=b",
        "https://tollgate.example.com/'",
        'https://tollgate.example.com"',
        "https://tollgate.example.com/$(id)",
        "https://tollgate.example.com:8071x",
        "https://tollgate.example.com/\\",
        "https://tollgate.ex\u00e4mple",
    ],
)
def test_an_address_that_would_break_what_it_is_put_into_is_refused(env, text):
    said = "LISTENER_URL must begin with http:// or https://"

    with pytest.raises(ImproperlyConfigured, match=said):
        env(LISTENER_URL=text).address("LISTENER_URL", default="")


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost",
        "https://listener.example.com:8071",
        "https://[2001:db8::1]:8071/",
        "https://example.com/up/to-here_~.x",
    ],
)
def test_addresses_of_servers_are_read(env, text):
    assert env(LISTENER_URL=text).address("LISTENER_URL", default="") == text


def test_an_address_that_is_not_set_is_the_default(env):
    assert env(LISTENER_URL="").address("LISTENER_URL", default="x") == "x"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("YES", True),
        (" 1 ", True),
        ("on", True),
        ("false", False),
        ("No", False),
        ("0", False),
        ("off", False),
        ("", False),
    ],
)
def test_a_boolean_is_read(env, text, value):
    assert env(SWITCH=text).boolean("SWITCH", default=not value) is value


@pytest.mark.parametrize("text", ["ture", "2", "None", "enabled"])
def test_a_misspelt_boolean_is_refused(env, text):
    with pytest.raises(ImproperlyConfigured, match="SWITCH must be true or false"):
        env(SWITCH=text).boolean("SWITCH", default=True)


def test_a_number_is_read(env):
    assert env(NUMBER="8001").whole("NUMBER", default=1) == 8001
    assert env(NUMBER="1000000000").whole("NUMBER", default=1) == 1_000_000_000


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1.5", "eight", "٣", "1000000001", "9" * 5000]
)
def test_what_is_no_positive_number_is_refused(env, text):
    with pytest.raises(ImproperlyConfigured, match="NUMBER must be a whole number, 1"):
        env(NUMBER=text).whole("NUMBER", default=1, least=1)


def test_a_required_value_may_begin_with_a_dollar_sign(env):
    assert env(KEY="$HOME").required("KEY") == "$HOME"


def test_a_required_value_may_be_in_a_file(env, tmp_path):
    (tmp_path / "key").write_text("from a file\n")

    assert env(KEY_FILE=str(tmp_path / "key")).required("KEY") == "from a file"


def test_a_file_that_cannot_be_read_is_named(env, tmp_path):
    environment = env(KEY_FILE=str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured, match=r"KEY_FILE names .* No such file"):
        environment.required("KEY")


def test_a_key_in_a_file_that_is_no_text_is_not_shown(env, tmp_path):
    (tmp_path / "key").write_bytes(b"hush\xff")
    environment = env(KEY_FILE=str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured, match="is not UTF-8 text") as error:
        environment.required("KEY")

    assert error.value.__cause__ is None


def test_places_of_anchors_are_read(env):
    places = (
        "/var/log/anchors.log, syslog:/dev/log,syslog://[::1]:514,syslog://logs,"
        "program:/etc/tollgate/anchor"
    )

    assert env(ANCHORS=places).anchors("ANCHORS") == places.replace(" ", "").split(",")
    assert env(ANCHORS="").anchors("ANCHORS") == []


@pytest.mark.parametrize(
    "text",
    [
        *("anchors.log", "syslog:", "syslog:log", "syslog://a:b:c", "http://x", "/a,x"),
        "program:anchor",
    ],
)
def test_a_place_of_anchors_that_is_none_is_refused(env, text):
    with pytest.raises(ImproperlyConfigured, match="ANCHORS takes paths that begin"):
        env(ANCHORS=text).anchors("ANCHORS")


def test_the_process_environment_goes_before_dotenv(env, tmp_path, monkeypatch):
    monkeypatch.delenv("ONE", raising=False)
    file = tmp_path / ".env"
    file.write_text("ONE=from the file\nTWO=from the file\n")

    environment = env(file, TWO="from the process")

    assert (environment.str("ONE"), environment.str("TWO")) == (
        "from the file",
        "from the process",
    )
    monkeypatch.delenv("ONE")


def test_a_broken_dotenv_is_refused(env, tmp_path):
    file = tmp_path / ".env"
    file.write_text("what is this\n")

    with pytest.raises(ImproperlyConfigured, match="Line 1 of"):
        env(file)


def test_one_of_some_words_is_one_of_them(env):
    assert env(FORM=" JSON ").one_of("FORM", ("text", "json"), default="text") == "json"
    with pytest.raises(
        ImproperlyConfigured, match="FORM must be text or json, not 'x'"
    ):
        env(FORM="x").one_of("FORM", ("text", "json"), default="text")


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "smtp+foo://h", "smtp://u:pw@h:port", "smtp://u:pw@h:99999"),
        *("smtp://u:pw/x@h", "smtp://u:pw#x@h", "smtp://u:pw?x@h", "smtp://u:pw[x@h"),
    ],
)
def test_a_mail_server_that_cannot_be_read_is_not_shown(env, url):
    with pytest.raises(ImproperlyConfigured, match=r"URL must be like smtp\+") as error:
        env(URL=url).mailer("URL", default="")

    assert "pw" not in str(error.value)
    assert error.value.__cause__ is None


def test_no_server_has_a_port_beyond_the_last_one(env):
    for host in ("h:65535", "h:80", "[::1]:9"):
        told = env(A=f"http://{host}", B=f"redis://{host}", C=f"syslog://{host}")
        assert told.address("A", default="") == f"http://{host}"
        assert told.cache_service("B") == f"redis://{host}"
        assert told.anchors("C") == [f"syslog://{host}"]
    beyond = env(
        A="http://h:65536",
        B="redis://h:70000",
        C="syslog://h:99999",
        D="http://h:65540/x",
    )
    for read in (
        lambda: beyond.address("A", default=""),
        lambda: beyond.cache_service("B"),
        lambda: beyond.anchors("C"),
        lambda: beyond.write_address("D"),
    ):
        with pytest.raises(ImproperlyConfigured):
            read()


def test_a_mail_server_is_read_from_an_url(env):
    mailer = env(URL="smtp+tls://me:pw@mail.example.com:587").mailer("URL", default="")

    assert mailer == {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": "mail.example.com",
            "port": 587,
            "username": "me",
            "password": "pw",
            "use_tls": True,
            "timeout": 10,
        },
    }


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("", ""),
        ("redis://cache.example", "redis://cache.example"),
        ("valkey://[::1]:6379/2", "redis://[::1]:6379/2"),
        ("rediss://me:pa%20ss@cache:6379", "rediss://me:pa%20ss@cache:6379"),
        ("valkeys://:password@cache/", "rediss://:password@cache/"),
        ("unix:///run/valkey/socket", "unix:///run/valkey/socket"),
    ],
)
def test_a_cache_service_has_an_address(env, url, meant):
    assert env(CACHE_URL=url).cache_service("CACHE_URL") == meant


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://127.0.0.1:8428/api/v1/write", "http://[::1]/api/v1/write"),
        "https://me:pa%20ss@vm.example:8480/insert/0/prometheus/api/v1/write",
    ],
)
def test_a_receiver_has_an_address(env, url):
    assert env(URL=url).write_address("URL") == url


@pytest.mark.parametrize(
    "url",
    ["hush", "ftp://hush/x", "http://me:hush@vm.example", "http://vm.example/h ush"],
)
def test_an_address_of_a_receiver_that_is_none_is_not_shown(env, url):
    with pytest.raises(ImproperlyConfigured, match="URL must be like") as error:
        env(URL=url).write_address("URL")

    assert "ush" not in str(error.value)


def test_headers_are_read(env):
    given = "X-Scope-OrgID=ops, Authorization=Bearer a=b==,"

    found = env(HEADERS=given).headers("HEADERS")

    assert found == {"X-Scope-OrgID": "ops", "Authorization": "Bearer a=b=="}
    assert env(HEADERS="").headers("HEADERS") == {}
    for wrong in ("hush", "A: hush", "A=", "A=hü"):
        with pytest.raises(ImproperlyConfigured, match="HEADERS must be") as error:
            env(HEADERS=wrong).headers("HEADERS")
        assert wrong not in str(error.value)


@pytest.mark.parametrize("name", ["Content-Length", "host", "TRANSFER-ENCODING", "TE"])
def test_a_header_that_would_break_the_request_is_refused(env, name):
    with pytest.raises(ImproperlyConfigured, match=f"cannot have {name}, which each"):
        env(HEADERS=f"X-Scope-OrgID=ops,{name}=hush").headers("HEADERS")


def test_a_folder_for_mails_keeps_its_plus_sign(env):
    options = env(URL="filemail:////srv/a+b/mails").mailer("URL", default="")["OPTIONS"]

    assert options == {"file_path": "/srv/a+b/mails"}


@pytest.mark.parametrize(
    "url",
    [
        "memcached://cache",
        "redis:",
        "redis://",
        "redis://me:hush@cache:port",
        "redis://hush@cache?no_such_option=1",
        "unix://hush",
        "hush",
    ],
)
def test_an_address_of_a_cache_service_that_is_none_is_not_shown(env, url):
    with pytest.raises(ImproperlyConfigured, match="CACHE_URL must be") as error:
        env(CACHE_URL=url).cache_service("CACHE_URL")

    assert "hush" not in str(error.value)
