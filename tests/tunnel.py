"""A proxy for tests that leads every tunnel to one server of this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

from leaks_support import listening


@contextmanager
def tunnel(url: str) -> Iterator[str]:
    """The address of a proxy that takes a CONNECT to any host (RFC 9110, section 9.3.6) for one to the server at *url*."""

    def lead(client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as server:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096) or b"\r\n\r\n"
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()

    with listening(lead) as port:
        yield f"http://127.0.0.1:{port}"


def _copy(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)
