"""What the faulty proxy and the server share: HTTP/1.1 as far as they need it."""

import asyncio
import os
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


def serve(start):
    """Runs until the program that started this one ends."""

    async def run():
        print(await start(), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        # Without a word of what is cut off by it.
        os._exit(0)

    asyncio.run(run())
