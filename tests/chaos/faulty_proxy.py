"""Hands requests on to the server and its answers back, and lets a connection go wrong in any way that networks know."""

import asyncio
import socket
import struct
import sys
from collections import Counter
from itertools import count

from http1 import Server, answer, chance_of, device_of, message

server, seed = int(sys.argv[1]), sys.argv[2]
attempts, connections = Counter(), count(1)

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
    # What happens to it is that of its order, so it is read first.
    request = await message(reader)
    if request is None:
        return False
    device = device_of(request)
    attempts[device] += 1
    chance = chance_of(seed, device, attempts[device])
    fault = chance.choice(FAULTS)
    if fault == "reset at once":
        return reset(writer)
    if fault == "hang":
        await asyncio.sleep(TOO_LONG)
        return reset(writer)
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
    "none", "none", "none", "none", "reset at once", "reset at once", "hang", "close after reading", "fail before asking",
    "hand on too late", "close after asking", "reset after asking", "fail after asking", "answer too late", "cut the answer off", "garble the answer", "drip", "tell to continue",
    "answer, then wait and close", "answer and close",
]


BEFORE_READING = ["none"] * 17 + ["reset before reading", "close while reading", "hang before reading"]


async def connection(reader, writer):
    chance = chance_of(seed, "connection", next(connections))
    fault = chance.choice(BEFORE_READING)
    if fault == "reset before reading":
        return reset(writer)
    if fault == "close while reading":
        await reader.read(chance.randrange(1, 300))
        return
    if fault == "hang before reading":
        await asyncio.sleep(TOO_LONG)
        return reset(writer)
    while await one(reader, writer):
        await writer.drain()


proxy = Server(connection)


async def come_and_go():
    """Connections are refused now and then."""
    while True:
        listener = await proxy.listen()
        await asyncio.sleep(0.3)
        listener.close()
        await asyncio.sleep(0.02)


asyncio.run(proxy.run(come_and_go))
