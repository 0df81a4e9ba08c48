"""Settings, urls, ASGI (both planes on one origin), Celery, and the embedded engines."""
