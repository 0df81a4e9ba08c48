"""OpenAI's chat completions and Anthropic's messages, each told in the words of the other.

`requests` on the way up, `answers`, `streams` and `failures` on the way down; `dialects` says which way and where.
"""
