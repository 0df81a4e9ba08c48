"""Paint a picture and keep it. Needs the package `openai`."""

import base64
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url=os.environ["SERVICE_BASE_URL"], api_key=os.environ["UNITYSVC_API_KEY"])
picture = client.images.generate(model="prism-1", prompt="A lighthouse in the fog", n=1).data[0]
Path("picture.png").write_bytes(base64.b64decode(picture.b64_json))
