"""The socket of a test's phone: datagrams, or messages framed by Content-Length on TCP connections
(RFC 3261 §18.3). `receive` returns one message and the connection to answer it on."""

import re
import selectors
import socket
import time

LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*\r$", re.I | re.M)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Datagrams:
    def __init__(self, address, port, node_port):
        self._node = (address, node_port)
        self._socket = socket.socket(family(address), socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self.port = self._socket.getsockname()[1]

    def send(self, data, _connection=None):
        self._socket.sendto(data, self._node)

    def receive(self, seconds):
        self._socket.settimeout(max(0.001, seconds))
        try:
            return self._socket.recv(65536), None
        except TimeoutError:
            return None

    def close(self):
        self._socket.close()


class Connection:
    def __init__(self, stream):
        self.stream, self.buffer = stream, b""

    def message(self):
        """The next whole message that is in the buffer, else None."""
        self.buffer = self.buffer.lstrip(b"\r\n")  # §7.5, RFC 5626 §4.4.1
        head, blank, rest = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return None
        found = LENGTH.search(head + b"\r")
        assert found, f"on a stream without Content-Length (§20.14):\n{head.decode()}"
        size = len(head) + 4 + int(found.group(1))
        if len(self.buffer) < size:
            return None
        message, self.buffer = self.buffer[:size], self.buffer[size:]
        return message


class Streams:
    """Listens at its port and, when it has something to say first, connects to the node."""

    def __init__(self, address, port, node_port):
        self._node = (address, node_port)
        self._listener = socket.create_server((address, port), family=family(address))
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._connections = []
        self._own = None

    def send(self, data, connection=None):
        if connection is None:
            if self._own is None:
                self._own = self._add(socket.create_connection(self._node, timeout=5))
            connection = self._own
        connection.stream.sendall(data)

    def _add(self, stream):
        connection = Connection(stream)
        self._connections.append(connection)
        self._selector.register(stream, selectors.EVENT_READ, connection)
        return connection

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            for connection in self._connections:
                if message := connection.message():
                    return message, connection
            ready = self._selector.select(max(0.001, end - time.monotonic()))
            if not ready:
                return None
            for key, _ in ready:
                self._read(key.data)

    def _read(self, connection):
        if connection is None:
            self._add(self._listener.accept()[0])
            return
        data = connection.stream.recv(65536)
        connection.buffer += data
        if not data:
            self._selector.unregister(connection.stream)
            self._connections.remove(connection)
            connection.stream.close()
            if connection is self._own:
                self._own = None

    def close(self):
        for connection in self._connections:
            connection.stream.close()
        self._listener.close()
        self._selector.close()


ENDPOINTS = {"udp": Datagrams, "tcp": Streams}
