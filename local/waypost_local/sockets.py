"""Sockets that servers of this machine listen on."""

import socket


def listening(host: str, port: int) -> socket.socket:
    """A socket whose connections send at once what is written.

    asyncio sees to that only for sockets that name their protocol; on others a stream's second
    write waits 40 ms for the first one's acknowledgement.

    Raises:
        OSError: The port is taken.
    """
    found = socket.create_server((host, port), backlog=256)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
