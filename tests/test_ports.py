"""Who may listen where: one server on a port, with as many workers as it likes."""

import socket
from contextlib import ExitStack, closing

import pytest

from config.listener import Listener
from config.preflight import CannotStartError, hold, require_free_port
from config.server import hold_places
from tests.installation import free_port

HERE = "127.0.0.1"
EVERYWHERE = "0.0.0.0", "::"  # noqa: S104 -- a test's own


def listen(host, port):
    """Listen as the server's workers do, who share a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, reuse_port=True)


@pytest.fixture
def port():
    return free_port()


def test_of_two_servers_that_start_at_once_one_is_refused(port):
    """Neither listens yet, so that neither could be found by asking."""
    with (
        closing(hold(HERE, port)),
        pytest.raises(CannotStartError, match=f"^Port {port} on {HERE} is in use$"),
    ):
        hold(HERE, port)

    hold(HERE, port).close()


@pytest.mark.parametrize("other", [HERE, *EVERYWHERE])
def test_a_server_that_would_share_the_port_is_refused(port, other):
    with (
        closing(listen(HERE, port)),
        pytest.raises(CannotStartError, match="is in use"),
    ):
        hold(other, port)


@pytest.mark.parametrize("place", EVERYWHERE)
def test_who_listens_everywhere_listens_here(port, place):
    with closing(hold(place, port)), pytest.raises(CannotStartError, match="is in use"):
        require_free_port(HERE, port)


def test_the_servers_own_workers_listen_where_it_holds_the_place(port):
    with ExitStack() as stack:
        stack.enter_context(closing(hold(HERE, port)))
        workers = [stack.enter_context(listen(HERE, port)) for _ in range(2)]
        for worker in workers:
            worker.settimeout(0.1)
        # What holds the place takes nothing.
        for _ in range(8):
            stack.enter_context(socket.create_connection((HERE, port)))
        taken = sum(len(accepted(worker, stack)) for worker in workers)

    assert taken == 8


def accepted(worker, stack):
    found = []
    try:
        while True:
            found.append(stack.enter_context(worker.accept()[0]))
    except TimeoutError:
        return found


def test_a_restart_is_not_refused_because_of_connections_that_were(port):
    with listen(HERE, port) as worker, socket.create_connection((HERE, port)) as client:
        # Who closes first has it in TIME_WAIT.
        worker.accept()[0].close()
        assert client.recv(1) == b""

    hold(HERE, port).close()


def test_where_a_place_cannot_be_kept_it_is_looked_at(port, monkeypatch):
    def shutdown(self, how):
        raise OSError("not here")

    monkeypatch.setattr(socket.socket, "shutdown", shutdown)
    held = hold(HERE, port)

    assert held.fileno() == -1
    with (
        closing(listen(HERE, port)),
        pytest.raises(CannotStartError, match="is in use"),
    ):
        hold(HERE, port)


def test_one_port_twice_is_refused(port):
    twice = [Listener("a:b", 1, 1, host=HERE, port=port)] * 2

    with pytest.raises(CannotStartError, match=f"must differ: {port} is there twice"):
        hold_places(twice)

    hold(HERE, port).close()


def test_a_socket_that_somebody_listens_at_is_not_taken_away(tmp_path, port):
    path = str(tmp_path / "gateway.sock")
    listeners = [
        Listener("a:b", 1, 1, host=HERE, port=port),
        Listener("a:b", 1, 1, socket=path),
    ]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        with pytest.raises(CannotStartError, match="sock is in use"):
            hold_places(listeners)

    # One that a killed process left is nobody's.
    with hold_places(listeners):
        pass
