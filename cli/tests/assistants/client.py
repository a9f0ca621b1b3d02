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


def server(*flags):
    environment = {name: os.environ[name] for name in os.environ if name.startswith("LINKSFIELD_") or name == "PATH"}
    return StdioServerParameters(command=os.environ["COMMAND"], args=["mcp", *flags], env=environment)


def person(action, content=None):
    async def answer(context, question):
        asked.append(question.message)
        return types.ElicitResult(action=action, content=content)

    return answer


async def session(flags, work, callback=None):
    async with stdio_client(server(*flags)) as (read, write):
        async with ClientSession(read, write, elicitation_callback=callback) as client:
            await client.initialize()
            return await work(client)


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
    print("5 passed, 0 failed")


sys.exit(asyncio.run(main()))
