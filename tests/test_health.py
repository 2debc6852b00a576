import pytest
from django.db import DatabaseError, connection

from accounts.clock import clock
from accounts.web import draining, health


@pytest.fixture(autouse=True)
def _looked_at_no_keys_yet(monkeypatch):
    monkeypatch.setitem(health._keys, "looked_at", None)


def test_a_process_that_answers_lives(client):
    assert client.get("/livez").text == "ok\n"


def test_ready_with_database_and_keys(client, db):
    response = client.get("/readyz")

    assert (response.status_code, response.text) == (200, "ready\n")


def test_not_ready_without_a_database(client, db, monkeypatch):
    def cursor():
        raise DatabaseError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", cursor)
        response = client.get("/readyz")

    assert (response.status_code, response.text) == (503, "not ready\n")


def test_not_ready_with_keys_that_are_none(client, db, settings):
    settings.TOLLGATE_ENC_KEYS = "1:no key at all"

    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_come_over_http_to_an_address(client, db, settings, path):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get(path, headers={"Host": "10.1.2.3:8000"})

    assert answer.status_code == 200
    assert client.get("/login/", headers={"Host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_only_read(client, path):
    assert client.post(path).status_code == 405


def test_not_ready_once_the_server_is_about_to_stop(client, db, monkeypatch):
    monkeypatch.setenv(draining.VARIABLE, "")
    with draining.watched():
        assert client.get("/readyz").status_code == 200

        draining.begin()

        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200


def test_keys_are_looked_at_again_after_a_while_only(client, db, settings):
    client.get("/readyz")
    settings.TOLLGATE_ENC_KEYS = "1:no key at all"

    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("skew", "status"), [(1.9, 200), (-2.1, 503), (90.0, 503)])
def test_not_ready_with_a_clock_that_is_not_the_databases(client, db, skew, status):
    clock.skew = skew

    assert client.get("/readyz").status_code == status
