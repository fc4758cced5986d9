# The service and its worker in one image: `node dist/bin/server.js`, or `node dist/bin/worker.js`.
# Debian rather than Alpine: Node.js's own builds are made for it, and all tests run on it. Nothing native is needed.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1
# Nothing that only tests use, and no Node.js, which is here. Without its scripts no package fetches anything.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=peer --ignore-scripts
COPY . .
RUN NODE_ENV=production npx next build && node scripts/standalone.mjs

FROM ${NODE_IMAGE}
WORKDIR /app
# Small young generations, and one heap of the C library for all threads: some 240 MiB at most instead of 372 (docs/deploy.md).
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    NODE_OPTIONS=--max-semi-space-size=1 \
    MALLOC_ARENA_MAX=1 \
    PORT=3000 \
    TEMP_AUDIO_DIR=/data/temp-audio \
    IPFS_REPOSITORY_DIR=/data/ipfs
# Root owns the program, so that it cannot change itself; only /data is its own.
COPY --from=build /app/.next/standalone/node_modules ./node_modules
COPY --from=build /app/.next/standalone/.next ./.next
COPY --from=build /app/.next/static ./.next/static
COPY --from=build /app/public ./public
COPY --from=build /app/lib ./lib
COPY --from=build /app/package.json /app/LICENSE /app/.next/standalone/THIRD_PARTY_NOTICES ./
COPY --from=build /app/bin ./bin
# The server and the worker, and the routes by which the server answers.
COPY --from=build /app/dist ./dist
# It answers with these, too.
COPY --from=build /app/docs ./docs
COPY --from=build /app/README.md ./
RUN install --directory --owner=1000 --group=1000 /data
# By its number (that of node), so that Kubernetes sees by itself that it is not root. Hosts whose volumes belong to root
# need another one (deploy/).
ARG RUN_AS=1000:1000
USER ${RUN_AS}
EXPOSE 3000
STOPSIGNAL SIGTERM
# Ready, and not only alive. By bash, since another Node.js every ten seconds would need as much memory as all else may.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /api/health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
CMD ["node", "dist/bin/server.js"]
