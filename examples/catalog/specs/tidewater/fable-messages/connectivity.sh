#!/bin/bash
# Answers 0 when the service works. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY and MODEL.
set -euo pipefail

answer=$(curl --fail-with-body -sS "${SERVICE_BASE_URL}/v1/messages" \
  -H "x-api-key: ${UNITYSVC_API_KEY}" \
  -H "anthropic-version: 2023-06-01" \
  -H "Content-Type: application/json" \
  -d "{\"model\": \"${MODEL:-fable-1}\", \"max_tokens\": 4, \"messages\": [{\"role\": \"user\", \"content\": \"ping\"}]}")
echo "$answer"
grep -q '"content"' <<<"$answer"
