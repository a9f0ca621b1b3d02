"""Places orders and keeps count of them. What it answers is often odd, but never says of a placed order that it was not."""

import asyncio
import json
import sys
from collections import Counter

from http1 import Server, answer, chance_of, device_of, message

seed = sys.argv[1]
orders = Counter()


def envelope(code, **more):
    return json.dumps({"code": code, "message": "words", **more})


# Each places the order, and says so, or something that nobody can be sure of.
PLACED = [
    lambda id: answer(200, envelope("0000", success=True, data={"order_id": id})),
    lambda id: answer(200, envelope("0000", success=True, data={"order_id": id})),
    lambda id: answer(200, envelope("0000", success=True, data={"order_id": id})),
    lambda id: answer(201, envelope("0000", data={"order_id": id})),
    lambda id: answer(200, envelope("0000", success=False, data={"order_id": id})),
    lambda id: answer(200, envelope("0", data={"order_id": id})),
    lambda id: answer(200, envelope("1001", data={"order_id": id})),
    lambda id: answer(200, envelope("1001", success=True)),
    lambda id: answer(200, envelope("500")),
    lambda id: answer(500, envelope("1001")),
    lambda id: answer(200, envelope("0000", data=None)),
    lambda id: answer(200, envelope("0000", data=[id])),
    lambda id: answer(200, envelope("0000", data={"order_id": {}})),
    lambda id: answer(200, ""),
    lambda id: answer(200, "<html>"),
    lambda id: answer(200, envelope("0000", data={"order_id": id})[:-9]),
    lambda id: answer(200, "x" * 100_000),
    lambda id: answer(500, "<html>", "text/html"),
    lambda id: answer(503, "<html>", "text/html", "retry-after: 0\r\n"),
    lambda id: answer(429, "", "text/html", "retry-after: 0\r\n"),
    lambda id: answer(307, "", more="location: /elsewhere\r\n"),
    lambda id: answer(200, envelope("0000", data={"order_id": id}), more="content-encoding: br\r\n"),
]

# Each places nothing.
REFUSED = [
    lambda: answer(200, envelope("1001", success=False)),
    lambda: answer(400, envelope("1001")),
    lambda: answer(200, envelope("1001", data={"order_id": None})),
    lambda: answer(429, "", "text/html", "retry-after: 0\r\n"),
    lambda: answer(503, "<html>", "text/html", "retry-after: 0\r\n"),
    lambda: answer(401, "<html>", "text/html"),
]


async def connection(reader, writer):
    while request := await message(reader):
        if request[0].startswith(b"GET"):
            writer.write(answer(200, json.dumps(orders)))
        else:
            writer.write(order(device_of(request)))
        await writer.drain()


def order(device):
    chance = chance_of(seed, device, orders[device])
    if chance.random() < 0.8:
        orders[device] += 1
        return chance.choice(PLACED)(device)
    return chance.choice(REFUSED)()


asyncio.run(Server(connection).run())
