"""What holds for every answer of the JSON APIs: rate limits, headers, errors as JSON. docs/api.md."""
