"""Hands requests on to the server and its answers back, and lets a connection go wrong in any way that networks know."""

import asyncio
import random
import socket
import struct
import sys

from http1 import answer, message, serve

server, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))

# Longer than the client waits for an answer.
TOO_LONG = 0.6


def reset(writer):
    """Closes the connection at once, so that what was not read yet is lost."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def ask(request):
    reader, writer = await asyncio.open_connection("127.0.0.1", server)
    writer.write(b"".join(request))
    answered = await message(reader)
    writer.close()
    return b"".join(answered) if answered else b""


async def one(reader, writer):
    """One request; whether the connection may have another."""
    fault = chance.choice(FAULTS)
    if fault == "reset before reading":
        return reset(writer)
    if fault == "close while reading":
        await reader.read(chance.randrange(1, 300))
        return writer.close()
    if fault == "hang before reading":
        await asyncio.sleep(TOO_LONG)
        return reset(writer)
    request = await message(reader)
    if request is None:
        return False
    if fault == "close after reading":
        return False
    if fault == "fail before asking":
        writer.write(answer(chance.choice([502, 503, 504]), "<html>", "text/html"))
        return True
    if fault == "hand on too late":
        await asyncio.sleep(TOO_LONG)
    answered = await ask(request)
    if fault == "close after asking":
        return False
    if fault == "reset after asking":
        return reset(writer)
    if fault == "fail after asking":
        writer.write(answer(chance.choice([502, 503, 504]), "<html>", "text/html"))
        return True
    if fault == "answer too late":
        await asyncio.sleep(TOO_LONG)
    if fault == "cut the answer off":
        writer.write(answered[: chance.randrange(len(answered) + 1)])
        return False
    if fault == "garble the answer":
        writer.write(bytes(chance.randrange(256) for _ in range(200)))
        return False
    if fault == "drip":
        for byte in range(0, len(answered), 40):
            writer.write(answered[byte : byte + 40])
            await writer.drain()
            await asyncio.sleep(0.001)
        return True
    if fault == "tell to continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if fault == "answer, then wait and close":
        writer.write(answered)
        await asyncio.sleep(0.02)
        return False
    writer.write(answered)
    return fault != "answer and close"


FAULTS = [
    "none", "none", "none", "none", "reset before reading", "close while reading", "hang before reading",
    "close after reading", "fail before asking", "hand on too late", "close after asking", "reset after asking",
    "fail after asking", "answer too late", "cut the answer off", "garble the answer", "drip", "tell to continue",
    "answer, then wait and close", "answer and close",
]


async def connection(reader, writer):
    try:
        while await one(reader, writer):
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def come_and_go(listener, port):
    """Connections are refused now and then."""
    while True:
        await asyncio.sleep(0.3)
        listener.close()
        await asyncio.sleep(0.02)
        listener = await asyncio.start_server(connection, "127.0.0.1", port, backlog=1024)


async def start():
    listener = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=1024)
    port = listener.sockets[0].getsockname()[1]
    start.task = asyncio.create_task(come_and_go(listener, port))
    return port


serve(start)
