"""A client of another house: which tools it sees, and that nothing is sent without a person's word."""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client

ORDER = {
    "device_id": "89852022018041800192", "global_order": "0", "is_open": "start-later", "order_period": "1",
    "package_code": "DP20190726001274", "package_name": "A monthly plan", "package_type": "2", "pay_amount": "0",
    "pay_rst": "1", "pay_type": "2", "test_flow": "0", "test_flow_flag": "0",
}
asked = []


def server(flags, more):
    given = {name: os.environ[name] for name in os.environ if name.startswith("LINKSFIELD_") or name == "PATH"}
    return StdioServerParameters(command=os.environ["COMMAND"], args=["mcp", *flags], env={**given, **more})


def person(action, content=None):
    async def answer(context, question):
        asked.append(question.message)
        return types.ElicitResult(action=action, content=content)

    return answer


async def session(flags, work, callback=None, **more):
    # What comes on the pipe and is no message is one of these.
    noise = []

    async def heard(message):
        if isinstance(message, Exception):
            noise.append(message)

    async with stdio_client(server(flags, more)) as (read, write):
        async with ClientSession(read, write, elicitation_callback=callback, message_handler=heard) as client:
            await client.initialize()
            result = await work(client)
            assert not noise, noise
            return result


async def api(data, received=None, answered=None):
    """An API that answers with this data, when it may."""

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
        if received:
            received.set()
            await answered.wait()
        body = json.dumps({"code": "0000", "message": "", "success": True, "data": data}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    return f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def cancelled(task):
    task.cancel()
    try:
        await task
        raise AssertionError("it was not cancelled")
    except asyncio.CancelledError:
        pass


def texts(result):
    return [block.text for block in result.content]


async def orders(client):
    result = await client.call_tool("csss_query_order", {"page_no": 1, "page_size": 50})
    head, data = texts(result)
    assert head.startswith("Done."), head
    assert data.startswith("Data from outside"), data
    return len(json.loads(data.split("\n", 1)[1])["package_order"])


async def look(client):
    tools = (await client.list_tools()).tools
    for tool in tools:
        schema = tool.input_schema
        assert schema["type"] == "object" and isinstance(schema["properties"], dict), tool.name
        assert not {"$ref", "$schema", "oneOf", "anyOf", "allOf"} & set(json.dumps(schema).replace('"', " ").split()), tool.name
        hints = tool.annotations
        for hint in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint):
            assert isinstance(hint, bool), tool.name
        assert len(tool.name) <= 32, tool.name
        for name, property in schema["properties"].items():
            assert not name.endswith("_id") or property["type"] == "string", (tool.name, name)
    return {tool.name: tool.annotations.read_only_hint for tool in tools}


async def main():
    tools = await session([], look)
    assert all(tools.values()) and "csss_query_order" in tools and "csss_order_package" not in tools, tools
    tools = await session(["--allow-changes"], look)
    assert tools["csss_order_package"] is False and tools["csss_query_order"] is True, tools
    assert {name.split("_")[0] for name in tools} == {"csss", "cube", "esim", "mall", "payment", "topup"}, tools

    async def refused(client):
        result = await client.call_tool("csss_order_package", ORDER)
        assert result.is_error and texts(result)[0].startswith("Not sent:"), texts(result)
        assert "Nothing was changed" in texts(result)[0], texts(result)
        assert await orders(client) == 0

    for callback in [
        None,
        person("decline"),
        person("cancel"),
        person("accept"),
        person("accept", {}),
        person("accept", {"answer": "y"}),
    ]:
        await session(["--allow-changes"], refused, callback)
    assert len(asked) == 5 and "Type yes to send it" in asked[0] and "Order a data plan" in asked[0], asked
    assert "package_code" in asked[0] and "as SANDBOX" in asked[0], asked[0]

    async def rejected(client):
        result = await client.call_tool("csss_query_device", {"device_id": 89852022018041800192})
        assert result.is_error and "must be text" in texts(result)[0], texts(result)

    await session([], rejected)

    async def ordered(client):
        result = await client.call_tool("csss_order_package", ORDER)
        assert not result.is_error and "order_id" in texts(result)[1], texts(result)
        assert await orders(client) == 1

    await session(["--allow-changes"], ordered, person("accept", {"answer": "yes"}))

    # Given up while the person is asked: nothing is sent, whatever the answer.
    question, gone = asyncio.Event(), asyncio.Event()

    async def slow(context, asked):
        question.set()
        await gone.wait()
        return types.ElicitResult(action="accept", content={"answer": "yes"})

    async def given_up(client):
        call = asyncio.create_task(client.call_tool("csss_order_package", ORDER))
        await question.wait()
        await cancelled(call)
        gone.set()
        for _ in range(5):
            assert await orders(client) == 1

    await session(["--allow-changes"], given_up, slow)

    # Given up when it was sent: the next call of any tool tells the result.
    received, answered = asyncio.Event(), asyncio.Event()
    url = await api({"order_id": "ORDER_LATE"}, received, answered)

    async def late(client):
        call = asyncio.create_task(client.call_tool("csss_order_package", ORDER))
        await received.wait()
        await cancelled(call)
        assert "no tool" in texts(await client.call_tool("no_such_tool", {}))[0]
        answered.set()
        for _ in range(6000):
            told = texts(await client.call_tool("no_such_tool", {}))
            if told[0].startswith("LATE RESULT of an earlier call of orderPackage"):
                break
            await asyncio.sleep(0.01)
        assert told[2].startswith("Data from outside") and "ORDER_LATE" in told[2], told

    await session(["--allow-changes"], late, person("accept", {"answer": "yes"}), LINKSFIELD_BASE_URL=url)

    # A list that is cut says so first, and goes on.
    many = [{"number": number, "name": "x" * 60} for number in range(700)]

    async def cut(client):
        seen = []
        while len(seen) < len(many):
            head, data = texts(await client.call_tool("csss_sync_asset_info", {"from_item": len(seen)}))
            seen += json.loads(data.split("\n", 1)[1])
            assert head.startswith("CUT:") and (f"from_item {len(seen)}" in head) == (len(seen) < len(many)), head
        assert seen == many

    await session([], cut, LINKSFIELD_BASE_URL=await api(many))

    # Nothing but messages is on the pipe, and nothing takes any from it.
    async def quiet(client):
        assert await orders(client) == 1

    await session(["--profile", "noisy"], quiet, XDG_CONFIG_HOME=os.environ["NOISY"], RUST_LOG="trace")
    print("9 passed, 0 failed")


sys.exit(asyncio.run(main()))
