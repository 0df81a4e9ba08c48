"""What a seller wants changed between client and upstream: texts in, texts out, nothing sent."""
