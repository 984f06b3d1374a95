# The CDS Hooks service: docs/deployment.md. A test runs these RUN commands in a clean folder.
FROM python:3.11-slim
WORKDIR /srv/cervical-options
COPY . .
RUN python -m venv venv
RUN venv/bin/pip install --quiet --require-hashes --requirement requirements/service.txt
RUN venv/bin/pip install --quiet --no-deps --no-build-isolation .
RUN venv/bin/cervical-options serve --check
RUN useradd --system cds
USER cds
EXPOSE 8090
ENTRYPOINT ["venv/bin/cervical-options"]
CMD ["serve", "--host", "0.0.0.0", "--config", "/etc/cds.toml"]
