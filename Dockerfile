# The sandbox image: Python, numpy, msgpack and the worker; nothing else.
# `grader` builds it on first use and names it by the hash of what goes into it.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

ARG NUMPY=numpy
ARG MSGPACK=msgpack
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-compile "${NUMPY}" "${MSGPACK}" \
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib

COPY grader /opt/worker/grader
RUN /opt/venv/bin/python -m compileall -q /opt/worker

ENV PATH=/opt/venv/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/worker \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONNOUSERSITE=1 \
    LANG=C.UTF-8

ENTRYPOINT ["/opt/venv/bin/python", "-m", "grader.worker", "/tmp"]
