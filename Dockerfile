# The operator as an image: Node and one bundled file. Build with
#   docker build -t edge-transcode-job-operator:0.1.0 .
#
# The Node version is the one that every test runs on (devDependency `node` of package.json; a test holds the two
# together). `slim` because the programs need no compiler, and glibc because the tests ran on it. The digest is
# what is built on: the tag beside it is for readers, and can move. docs/releasing.md says where it is from.

# On the machine's own architecture: what is built, runs on all.
FROM --platform=$BUILDPLATFORM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
WORKDIR /build
# The manifests first, so that a change of the source alone does not install again.
COPY package.json package-lock.json .npmrc ./
# Without install scripts, which could fetch what the lock file has no hash of: esbuild works without its own, and
# Node is that of the base.
RUN npm ci --ignore-scripts
COPY tsconfig.json LICENSE ./
COPY scripts/bundle.ts ./scripts/
COPY scripts/bundle ./scripts/bundle
COPY src ./src
# Checks the types and writes dist/main.js, one file with all that runs, its source map, the licences of what it
# contains, and a list of that for scanners.
RUN npm run build

FROM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
LABEL org.opencontainers.image.title="edge-transcode-job-operator" \
      org.opencontainers.image.description="Observes edge transcoding jobs of Alibaba Cloud Live from Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
# One pool of the C library's for all threads: by itself it makes one for each, and what one frees no other uses.
ENV MALLOC_ARENA_MAX=1
# Blocks from 16 KiB on are mapped one by one and returned when they are free. V8's compilers take such blocks, and
# among small ones the C library would keep them: 10 MiB.
ENV MALLOC_MMAP_THRESHOLD_=16384
WORKDIR /app
# package.json says that main.js is an ES module. No node_modules: the bundle holds what it needs.
COPY package.json LICENSE ./
COPY --from=build /build/dist/main.js /build/dist/main.js.map /build/dist/THIRD-PARTY-NOTICES /build/dist/sbom.cdx.json ./
# A number, so that Kubernetes can see that it is not root. It owns nothing here and needs to write nothing.
USER 65532:65532
EXPOSE 8080
# Node itself is process 1 and gets the signals; no shell stands in between. The first flag gives young objects 8 MiB, 4 for each
# of two halves, where V8 takes up to 32. The second lets old objects grow less between two collections. Both take less memory and
# more processor time: docs/scaling.md has the measurements. With the third, what a compiler took is freed at once, not by another
# thread when it has time: the C library then uses it for the next one. With the fourth, V8 collects young objects also
# while it marks old ones. Without it a burst of pages makes 20 MB of garbage meanwhile. The fifth leaves out V8's last compiler,
# whose own code takes 5 MiB.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--heap-growing-percent=10", "--no-maglev-destroy-on-background", "--no-separate-gc-phases", "--max-opt=2", "/app/main.js"]
