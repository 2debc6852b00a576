"""Who may listen where: one server on a port, with as many workers as it likes."""

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from config.listener import Listener
from config.places import Places, shown
from config.preflight import CannotStartError, listen_at, require_free_port
from tests.installation import free_port

HERE = "127.0.0.1"
EVERYWHERE = "0.0.0.0", "::"  # noqa: S104 -- a test's own


def listen(host, port):
    """Listen as servers do whose workers share a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, reuse_port=True)


@pytest.fixture
def port():
    return free_port()


def test_of_two_servers_that_start_at_once_one_is_refused(port):
    with (
        closing(listen_at(HERE, port)),
        pytest.raises(CannotStartError, match=f"^Port {port} on {HERE} is in use$"),
    ):
        listen_at(HERE, port)

    listen_at(HERE, port).close()


@pytest.mark.parametrize("other", [HERE, *EVERYWHERE])
def test_a_server_that_would_share_the_port_is_refused(port, other):
    with (
        closing(listen(HERE, port)),
        pytest.raises(CannotStartError, match="is in use"),
    ):
        listen_at(other, port)


@pytest.mark.parametrize("place", EVERYWHERE)
def test_who_listens_everywhere_listens_here(port, place):
    with (
        closing(listen_at(place, port)),
        pytest.raises(CannotStartError, match="is in use"),
    ):
        require_free_port(HERE, port)


@pytest.mark.parametrize("place", EVERYWHERE)
def test_no_part_of_an_answer_waits_for_the_one_before_it(port, place):
    with (
        closing(listen_at(place, port)) as listening,
        socket.create_connection((HERE, port)),
        closing(listening.accept()[0]) as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_restart_is_not_refused_because_of_connections_that_were(port):
    with listen(HERE, port) as worker, socket.create_connection((HERE, port)) as client:
        # Who closes first has it in TIME_WAIT.
        worker.accept()[0].close()
        assert client.recv(1) == b""

    listen_at(HERE, port).close()


def test_one_port_twice_is_refused(port):
    twice = [Listener("a:b", 1, 1, host=HERE, port=port)] * 2

    with pytest.raises(CannotStartError, match=f"must differ: {port} is there twice"):
        Places(twice)

    listen_at(HERE, port).close()


@pytest.fixture
def listeners(tmp_path, port):
    return [
        Listener("a:b", 1, 1, host=HERE, port=port),
        Listener("a:b", 1, 1, socket=str(tmp_path / "gateway.sock")),
    ]


def test_a_socket_that_somebody_listens_at_is_not_taken_away(listeners):
    path = listeners[1].socket
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        with pytest.raises(CannotStartError, match="sock is in use"):
            Places(listeners)

    # One that a killed process left is nobody's.
    places = Places(listeners)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    places.close()
    assert not Path(path).exists()


@pytest.mark.parametrize("name", ["file", "no folder/socket"])
def test_what_is_no_socket_stays(listeners, tmp_path, name):
    path = tmp_path / name
    if path.parent.exists():
        path.write_text("mine")

    with pytest.raises(CannotStartError, match="cannot be opened"):
        Places([listeners[0], Listener("a:b", 1, 1, socket=str(path))])

    assert not path.parent.exists() or path.read_text() == "mine"
    # What was opened before is closed again.
    listen_at(HERE, listeners[0].port).close()


def test_another_version_takes_over_what_is_open(listeners):
    before = Places(listeners)
    elsewhere = Listener("a:b", 1, 1, host=HERE, port=free_port())

    after = before.with_those_of([listeners[0], elsewhere])

    assert after.of(listeners[0]) is before.of(listeners[0])
    assert after.portal == before.portal == f"{HERE}:{listeners[0].port}"
    before.close_those_not_in(after)
    assert not Path(listeners[1].socket).exists()
    after.close()
    for port in (listeners[0].port, elsewhere.port):
        listen_at(HERE, port).close()


def test_a_version_that_cannot_listen_leaves_what_is_open(listeners):
    before = Places(listeners)
    taken = listen_at(HERE, free_port())
    also = Listener("a:b", 1, 1, host=HERE, port=taken.getsockname()[1])

    with closing(taken), pytest.raises(CannotStartError, match="is in use"):
        before.with_those_of([*listeners, also])

    socket.create_connection((HERE, listeners[0].port)).close()
    before.close()


@pytest.mark.parametrize(
    ("host", "reached"),
    [(HERE, HERE), (EVERYWHERE[0], HERE), (EVERYWHERE[1], "[::1]"), ("::1", "[::1]")],
)
def test_people_are_told_where_they_reach_it(host, reached):
    listener = Listener("a:b", 1, 1, host=host, port=8000)

    assert shown(listener) == f"{reached}:8000"
