# The server as one static binary in an empty image: docker build -t seestern .
#
#   docker run --read-only --tmpfs /tmp --cap-drop=ALL --security-opt=no-new-privileges -p 127.0.0.1:8080:8080 \
#     -v seestern:/var/lib/seestern seestern
#
# The volume belongs to user 65532 and has config.toml (mode 0600) in it, with listen = "0.0.0.0:8080"; database and key are
# made beside it. /tmp is needed by the restore into PostgreSQL. A release names both base images by digest.

FROM node:22-bookworm-slim AS assets
WORKDIR /src/web/frontend
COPY web/frontend/package.json web/frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/frontend/ ./
COPY web/static/README ../static/
RUN node build.mjs

FROM golang:1.26-bookworm AS modules
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download

# Which packages of other modules the program needs. The list changes seldom; while it is the same, the layer below,
# where they are compiled, is reused although our own source changed.
FROM modules AS imports
COPY . .
RUN go list -deps -f '{{with .Module}}{{if not .Main}}{{$.ImportPath}}{{end}}{{end}}' ./cmd/seestern >/imports

FROM modules AS build
COPY --from=imports /imports /imports
RUN xargs go build </imports
COPY . .
COPY --from=assets /src/web/static web/static
RUN go build -ldflags "-s -w" -o /out/seestern ./cmd/seestern && mkdir -m 0700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build --chown=65532:65532 --chmod=0700 /out/data /var/lib/seestern
COPY --from=build /out/seestern /seestern
ENV ZONEINFO=/zoneinfo.zip
USER 65532:65532
VOLUME /var/lib/seestern
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/seestern", "health", "--config", "/var/lib/seestern/config.toml"]
ENTRYPOINT ["/seestern"]
CMD ["serve", "--config", "/var/lib/seestern/config.toml"]
