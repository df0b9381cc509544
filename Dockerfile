# The emulator as a container.   docker build -t fine-tuning-emulator . && docker run --rm -p 8080:8080 fine-tuning-emulator
#
# What is installed is in requirements.lock, by version and hash; how it is made anew is said there.

FROM python:3.13-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# An environment without pip: nothing is installed in the running image. Wheels only, so no compiler is needed either.
RUN python -m venv --without-pip /opt/ftemu
COPY requirements.lock requirements-build.lock ./
RUN pip --python /opt/ftemu/bin/python install --require-hashes --only-binary=:all: --no-compile -r requirements.lock
RUN pip install --require-hashes --only-binary=:all: -r requirements-build.lock

COPY . .
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist .
RUN pip --python /opt/ftemu/bin/python install --no-index --no-deps --no-compile dist/*.whl

# Compiled here, because the user of the image may write nowhere: a start would compile all of it again, each time.
# By hash and unchecked: a layer's dates do not matter.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/ftemu/lib


FROM python:3.13-slim-trixie

LABEL org.opencontainers.image.title="fine-tuning-emulator" \
      org.opencontainers.image.description="A fine-tuning provider on your own machine: files and fine-tuning jobs, with time you can move" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

# The official image ships the standard library uncompiled. What is left out here is not imported.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(test|idlelib|lib2to3|tkinter|turtledemo|ensurepip|pydoc_data|distutils|site-packages|dist-packages)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

# For any user, as --user 1000:1000 or a cluster may choose one.
RUN install -d -m 1777 /data

COPY --from=build /opt/ftemu /opt/ftemu

ENV PATH=/opt/ftemu/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FTEMU_HOST=0.0.0.0 \
    FTEMU_PORT=8080 \
    FTEMU_DATA_DIR=/data

# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001

# The one place that it writes to: with a read-only root, temporary files (of `ftemu demo`) go to the working directory.
VOLUME /data
WORKDIR /data
EXPOSE 8080

# Without a start period, whose interval not every engine lets an image choose: ready after 2 s, unhealthy after 20 s.
# It asks on FTEMU_PORT, so give a port as that variable and not as --port.
HEALTHCHECK --interval=2s --timeout=5s --retries=10 CMD ["ftemu", "health"]

# No init is needed: the server handles both signals itself, as process 1 too, and starts no other process.
STOPSIGNAL SIGTERM
ENTRYPOINT ["ftemu"]
CMD ["serve"]
