#!/bin/bash
# Print the temperatures of your place. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY.
set -euo pipefail

curl --fail-with-body -sS "${SERVICE_BASE_URL}" -H "Authorization: Bearer ${UNITYSVC_API_KEY}"
