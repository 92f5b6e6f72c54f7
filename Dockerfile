# The builder's Alpine targets musl, so the binary is static and the final stage needs nothing beside it.
# Elsewhere built binaries take its place with `--build-context build=DIR` (see tests/image/build).
FROM docker.io/library/rust:1.95.0-alpine AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package flashpoint-operator \
 && cp target/release/flashpoint-operator /etc/ssl/certs/ca-certificates.crt /

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="flashpoint-operator" \
      org.opencontainers.image.description="Feeds Flashpoint intelligence reports that hold indicators of compromise into TruSTAR enclaves" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /flashpoint-operator /usr/local/bin/flashpoint-operator
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# A number, not a name: the kubelet can check that it is not root, and there is no /etc/passwd to look a name up in.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/flashpoint-operator"]
CMD ["run"]
