# syntax=docker/dockerfile:1
# One image for every process of the application; docker-compose.yml says which command each one runs.
# Pin the bases by digest where your registry policy asks for it.

# --- the browser side -------------------------------------------------------------------------------
FROM node:24.19.0-bookworm-slim AS frontend
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

# --- the packages, by locked version and hash -------------------------------------------------------
FROM python:3.11-slim-bookworm AS packages
COPY requirements/app.txt /requirements.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt

# --- what runs --------------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm
# Pango and HarfBuzz set the printed summary (WeasyPrint); without a font there would be no text in it.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
# The folders exist here so that a new named volume takes over their owner. `lake` alone opens the lake and the
# files as received; the gate makes its socket for the group.
RUN groupadd --gid 10001 tumorboard \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tumorboard \
    && useradd --uid 10002 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lake \
    && install -d -o 10001 -g 10001 -m 0770 /var/lib/tumorboard /var/lib/tumorboard/models \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/tumorboard/anchors /var/lib/tumorboard/extracts \
    && install -d -o 10002 -g 10001 -m 0700 /var/lib/tumorboard/lake /var/lib/tumorboard/volumes \
    && install -d -o 10002 -g 10001 -m 0750 /run/gate

ARG CODE_VERSION=0.1.0
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=tumorboard.settings \
    TUMORBOARD_HOME=/var/lib/tumorboard \
    STATIC_ROOT=/app/static \
    HOME=/tmp \
    CODE_VERSION=$CODE_VERSION

WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py pyproject.toml LICENSE ./
COPY templates/ templates/
COPY tumorboard/ tumorboard/
COPY --from=frontend /build/dist frontend/dist
# The keys made for this step stay in a folder that the step removes.
RUN TUMORBOARD_HOME=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build /tmp/tumorboard-*

USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=8)"]
CMD ["uvicorn", "tumorboard.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-server-header"]
