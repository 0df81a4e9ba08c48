"""Turn two sentences into numbers. Needs the package `openai`."""

import os

from openai import OpenAI

client = OpenAI(base_url=os.environ["SERVICE_BASE_URL"], api_key=os.environ["UNITYSVC_API_KEY"])
answer = client.embeddings.create(model="meridian-embed", input=["The harbour at dawn.", "A ship comes in."])
print([len(row.embedding) for row in answer.data], answer.usage)
