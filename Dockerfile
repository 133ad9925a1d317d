# Written for those who have Docker; it could not be built where the rest of this was tested.
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build && npm prune --omit=dev

FROM node:24-slim
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
COPY --from=build /app/node_modules ./node_modules
RUN mkdir /data && chown node /data
USER node
WORKDIR /data
ENTRYPOINT ["node", "/app/bin/longhaul.js"]
