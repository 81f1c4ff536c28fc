FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --requirement /tmp/requirements.lock


FROM python:3.12-slim-bookworm

# What WeasyPrint loads; the versions are those of the Debian release that the tag names.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libfontconfig1 libglib2.0-0 libharfbuzz-subset0 libharfbuzz0b libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/portal --shell /usr/sbin/nologin portal

COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/portal
COPY . .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DJANGO_SETTINGS_MODULE=partnership_portal.settings \
    PORTAL_HTTPS=1 \
    PORTAL_VAR=/srv/portal/var \
    GRANIAN_WORKERS=2

# Static files belong to the image; only uploaded and generated files are kept outside it.
RUN SECRET_KEY=used-for-this-step-only DATABASE_URL=postgresql://build@localhost/none \
    python manage.py collectstatic --no-input \
    && mkdir -p var/files \
    && chown portal var/files

USER 10001
VOLUME /srv/portal/var/files
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=20s CMD ["python", "scripts/healthcheck.py", "/healthz"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--blocking-threads", "4", "--workers-kill-timeout", "10", "partnership_portal.wsgi:application"]
