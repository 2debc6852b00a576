"""A name server of the tests' own, and what asks it: DNS (RFC 1035) over UDP."""

import socket
import socketserver
import struct
import threading
from contextlib import contextmanager
from ipaddress import ip_address

TYPES = {socket.AF_INET: 1, socket.AF_INET6: 28}
FAMILIES = {number: family for family, number in TYPES.items()}
HEADER = struct.Struct("!HHHHHH")
# A pointer to the name in the question, class IN, good for no time at all.
RECORD = struct.Struct("!HHHIH")
NAME_ABOVE, INTERNET, NO_TIME = 0xC00C, 1, 0


class NameServer(socketserver.ThreadingUDPServer):
    """Knows for each name what it means at the first question, the second, and so on.

    A meaning is a list of addresses; the last one lasts. Keeps the names that it was
    asked for in `asked`.
    """

    def __init__(self, meanings):
        super().__init__(("127.0.0.1", 0), _Question)
        self.meanings, self.asked = meanings, []

    def means(self, name, family):
        self.asked.append(name)
        turn = (self.asked.count(name) - 1) // len(TYPES)
        meanings = self.meanings.get(name, [[]])
        found = map(ip_address, meanings[min(turn, len(meanings) - 1)])
        version = 4 if family == socket.AF_INET else 6
        return [address.packed for address in found if address.version == version]


class _Question(socketserver.BaseRequestHandler):
    def handle(self):
        packet, connection = self.request
        question = packet[HEADER.size :]
        (number,) = struct.unpack("!H", question[-4:-2])
        found = self.server.means(_name(question), FAMILIES[number])
        head = HEADER.pack(
            *struct.unpack("!H", packet[:2]), 0x8180, 1, len(found), 0, 0
        )
        records = [_record(number, address) for address in found]
        answer = head + question + b"".join(records)
        connection.sendto(answer, self.client_address)


def _name(question):
    labels, rest = [], question
    while rest[0]:
        labels.append(rest[1 : rest[0] + 1].decode())
        rest = rest[rest[0] + 1 :]
    return ".".join(labels)


def _record(number, packed):
    head = RECORD.pack(NAME_ABOVE, number, INTERNET, NO_TIME, len(packed))
    return head + packed


@contextmanager
def serving_names(**meanings):
    """Serve names under .example; `hook=[["8.8.8.8"], ["127.0.0.1"]]` changes once."""
    full = {f"{name}.example": answers for name, answers in meanings.items()}
    with NameServer(full) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def look_up(server, host, port):
    """Ask a name server as a stub resolver does; returns what getaddrinfo would."""
    found = [
        (family, socket.SOCK_STREAM, 6, "", (address, port))
        for family in TYPES
        for address in _ask(server, host, family)
    ]
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found


def _ask(server, host, family):
    labels = [bytes([len(label)]) + label.encode() for label in host.split(".")]
    question = b"".join(labels) + b"\0" + struct.pack("!HH", TYPES[family], INTERNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(30)
        asking.connect(server.server_address)
        asking.send(HEADER.pack(7, 0x0100, 1, 0, 0, 0) + question)
        answer = asking.recv(512)
    return list(_addresses(answer[HEADER.size + len(question) :]))


def _addresses(records):
    while records:
        *_, length = RECORD.unpack_from(records)
        yield str(ip_address(records[RECORD.size : RECORD.size + length]))
        records = records[RECORD.size + length :]
