# One image for every process; its first word says which: `docker run carillon scheduler`, fire, api, hooks-demo, cli.
FROM node:24-bookworm-slim AS build
WORKDIR /carillon
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig*.json ./
COPY apps apps
COPY libs libs
COPY bench bench
COPY test test
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf dist/test dist/bench

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /carillon
COPY --from=build /carillon/package.json ./
COPY --from=build /carillon/node_modules node_modules
COPY --from=build /carillon/dist dist
COPY scripts/run-app.mjs scripts/
# uid 1000 of the base image; numeric, so that runAsNonRoot can tell
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["node", "scripts/run-app.mjs"]
CMD ["cli", "--help"]
