"""What the faulty proxy and the server share: HTTP/1.1 as far as they need it."""

import asyncio
import json
import os
import random
import socket
import sys


async def message(reader):
    """One request or answer as its head and its body; None if the connection ends before."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def answer(status, body, media_type="application/json", more=""):
    body = body.encode()
    head = f"HTTP/1.1 {status} x\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def device_of(request):
    """The SIM of an order."""
    return json.loads(request[1])["device_id"]


def chance_of(*what):
    """What happens to one thing is decided by the seed and by what it is, not by when it comes."""
    return random.Random(" ".join(map(str, what)))


class Server:
    """Handles connections, on a port that is its own also while it does not listen."""

    def __init__(self, connection):
        self.connection, self.under_way, self.listening = connection, set(), asyncio.Event()
        # Bound, but not listening: nobody else is given the port.
        self.kept = socket.socket()
        self.kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.kept.bind(("127.0.0.1", 0))
        self.port = self.kept.getsockname()[1]

    async def listen(self):
        listener = await asyncio.start_server(self.handle, "127.0.0.1", self.port, backlog=1024, reuse_port=True)
        self.listening.set()
        return listener

    async def handle(self, reader, writer):
        task = asyncio.current_task()
        self.under_way.add(task)
        try:
            await self.connection(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()
            self.under_way.discard(task)

    async def run(self, meanwhile=None):
        """Runs until the program that started this one closes its input, and all that came until then is handled."""
        listening = asyncio.create_task((meanwhile or self.listen)())
        await self.listening.wait()
        print(self.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        listening.cancel()
        while self.under_way:
            await asyncio.wait(self.under_way)
        # Without a word of what is cut off by it.
        os._exit(0)
