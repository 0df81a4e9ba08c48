"""Ask fable-1 in Anthropic's format. Needs the package `anthropic`."""

import os

from anthropic import Anthropic

client = Anthropic(base_url=os.environ["SERVICE_BASE_URL"], api_key=os.environ["UNITYSVC_API_KEY"])
question = [{"role": "user", "content": "How many roads must a man walk down?"}]

with client.messages.stream(model="fable-1", max_tokens=200, messages=question) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print(stream.get_final_message().usage)
