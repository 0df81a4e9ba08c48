"""Ask delta-2, first whole, then word by word. Needs the package `openai`."""

import os

from openai import OpenAI

client = OpenAI(base_url=os.environ["SERVICE_BASE_URL"], api_key=os.environ["UNITYSVC_API_KEY"])
question = [{"role": "user", "content": "How many roads must a man walk down?"}]

answer = client.chat.completions.create(model="delta-2", messages=question)
print(answer.choices[0].message.content, answer.usage)

for chunk in client.chat.completions.create(model="delta-2", messages=question, stream=True):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
