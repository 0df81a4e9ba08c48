"""Send a message and read it back. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY."""

import asyncio
import os

from websockets.asyncio.client import connect


async def main() -> None:
    url = os.environ["SERVICE_BASE_URL"].replace("http", "ws", 1)
    headers = {"Authorization": f"Bearer {os.environ['UNITYSVC_API_KEY']}"}
    async with connect(url, additional_headers=headers) as socket:
        await socket.send("hello")
        answer = await socket.recv()
        print(answer)


asyncio.run(main())
