# One image for every role; docker-compose.yml says which command each one runs.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements/prod.txt requirements/prod.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements/prod.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles
WORKDIR /app
# what PDF files are laid out and written with
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /venv /venv
COPY . .
# collectstatic reads no value of these, but the settings insist on having them
RUN SECRET_KEY=build API_KEY_PEPPER=build SECRETS_PUBLIC_KEY=build DATABASE_URL=postgresql:///build REDIS_URL=redis:///0 \
        python manage.py collectstatic --no-input --verbosity 0 \
    && useradd --system --uid 10001 marketplace \
    && install --directory --owner marketplace /data /spool
USER marketplace
VOLUME /data /spool
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--loop", "uvloop", "--http", "gateway.door.protocol:DoorProtocol", "--no-access-log"]
