"""A provider to sell from: OpenAI and Anthropic wire formats, pictures, topics, forecasts, an echo, also by WebSocket.

`tokens` states how usage is counted, `accounts` who may call, `served` remembers what was asked.
"""
