/**
 * The import directions: which room may import which, and which library belongs to which room. This table is
 * the only place that says so; `layers.test.ts` holds every import of `src` against it.
 */

/** Maps a room to the rooms that it may import. */
export type RoomTable = Readonly<Record<string, readonly string[]>>;

/**
 * A room is a folder of `src` without its sub-folders, or one of the files that see several rooms. It may
 * always import its own files. `companion/*` stands for every folder below `companion`.
 */
export const MAY_IMPORT: RoomTable = {
  'main.ts': ['stop-signal.ts', 'app.ts', 'base', 'config', 'credentials', 'cloud/sts', 'telemetry'],
  'stop-signal.ts': [],
  'app.ts': ['*'],
  'leader-term.ts': ['*'],

  api: [],
  base: [],
  config: ['api', 'base', 'job/model'],
  controller: ['base'],
  ratelimit: ['base'],
  redis: ['base', 'ratelimit'],
  http: ['base'],
  telemetry: ['api', 'base', 'http', 'job/model'],
  overview: ['api', 'base'],
  'page/source': ['api', 'base', 'job/model', 'overview'],
  'page/views': ['base', 'job/model', 'overview', 'page/source'],
  page: ['base', 'http', 'overview', 'page/source', 'page/views'],
  'page/client': ['overview'],

  'companion/common': ['api', 'base', 'kube/client', 'kube/informer'],
  'companion/cloud': [
    'base',
    'companion/common',
    'job/model',
    'kube/client',
    'credentials',
    'cloud/client',
    'cloud/sts',
  ],
  'companion/doctor': [
    'api',
    'base',
    'overview',
    'companion/common',
    'companion/cloud',
    'kube/client',
    'credentials',
    'cloud/client',
    'cloud/sts',
  ],
  'companion/completion': ['api', 'base', 'companion/common', 'kube/client'],
  companion: [
    'api',
    'base',
    'overview',
    'companion/*',
    'kube/client',
    'job/model',
    'job/schedule',
    'credentials',
    'cloud/client',
  ],

  'job/model': ['api', 'base'],
  'job/schedule': ['api', 'base', 'job/model'],
  'job/status': ['api', 'base', 'job/model', 'job/schedule'],
  'job/visit': ['api', 'base', 'controller', 'job/model', 'job/schedule', 'job/status'],

  credentials: ['base', 'job/model', 'ratelimit'],

  'cloud/client': ['base', 'job/model', 'credentials'],
  'cloud/resilience': ['base', 'job/model'],
  'cloud/sts': ['base', 'job/model', 'ratelimit', 'credentials', 'cloud/client', 'cloud/resilience'],
  'cloud/budget': ['base', 'job/model', 'ratelimit', 'redis'],
  'cloud/requests': [
    'base',
    'job/model',
    'credentials',
    'cloud/client',
    'cloud/resilience',
    'cloud/sts',
    'cloud/budget',
  ],
  'cloud/batching': ['base', 'job/model', 'cloud/client', 'cloud/requests'],
  'cloud/cloud-reader.ts': [
    'base',
    'job/model',
    'ratelimit',
    'redis',
    'credentials',
    'cloud/client',
    'cloud/sts',
    'cloud/requests',
    'cloud/batching',
  ],

  'kube/client': ['api', 'base', 'job/model'],
  'kube/informer': ['api', 'base', 'job/model', 'kube/client'],
  'kube/election': ['base', 'kube/client'],
  'kube/writers': ['api', 'base', 'controller', 'job/model', 'job/status', 'kube/client', 'kube/informer'],
  'kube/connect.ts': ['base', 'kube/client', 'kube/election'],
};

/** A library may be imported only below these folders of `src`. */
export const LIBRARY_ROOMS: Readonly<Record<string, readonly string[]>> = {
  '@alicloud/openapi-client': ['cloud/client'],
  '@alicloud/tea-util': ['cloud/client'],
  '@kubernetes/client-node': ['kube'],
  bottleneck: ['ratelimit', 'redis'],
  ioredis: ['redis'],
  commander: ['companion'],
  'js-yaml': ['companion/common', 'kube/client'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry'],
  'prom-client': ['telemetry'],
  tinyqueue: ['ratelimit'],
  undici: ['kube/client'],
};

/** One file below `src` or `simulator`, with what it imports. Paths are relative to that folder. */
export interface SourceFile {
  readonly path: string;
  /** Imported files, `import type` included. Those outside the folder begin with `../`. */
  readonly files: readonly string[];
  /** Packages; Node's own modules are left out. */
  readonly libraries: readonly string[];
}

/**
 * The rooms of the simulator, in the same form. Tests and their helpers in `simulator/test` may import all of
 * them. The simulator imports nothing of `src`: a mistake of the operator's cloud client must not be repeated
 * in its counterpart.
 */
export const SIMULATOR_MAY_IMPORT: RoomTable = {
  'main.ts': ['*'],
  'simulator.ts': ['*'],
  'main-text.ts': ['seed.ts'],
  'seed.ts': ['world'],
  'seed-file.ts': ['admin', 'seed.ts', 'world'],

  world: [],
  http: ['world'],
  accounts: ['http', 'world'],
  signing: ['accounts', 'http'],
  endpoint: ['accounts', 'http', 'signing', 'world'],
  live: ['accounts', 'endpoint', 'http', 'signing', 'world'],
  sts: ['accounts', 'endpoint', 'http', 'signing', 'world'],
  admin: ['accounts', 'endpoint', 'http', 'live', 'sts', 'world'],
};

/** The room of a file: its own entry in the table, or its folder. */
export function roomOf(path: string, table: RoomTable): string {
  return path in table ? path : path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** One sentence for each import of a file that the table does not allow. */
export function forbiddenFiles(sources: readonly SourceFile[], table: RoomTable): string[] {
  return sources.flatMap((source) =>
    source.files
      .filter((file) => !allows(table, source.path, file))
      .map((file) => `${source.path} imports ${file}, which its room may not`),
  );
}

/**
 * What the table allows and no file imports, each as `room → room`: the diagram would draw an arrow for it.
 * Leaves out `base`, which nearly every room may import, and the rooms that may import all.
 */
export function unneeded(sources: readonly SourceFile[], table: RoomTable): string[] {
  const imported = new Set(
    sources.flatMap(({ path, files }) =>
      files.map((file) => `${roomOf(path, table)} → ${roomOf(file, table)}`),
    ),
  );
  return Object.entries(table).flatMap(([room, allowed]) =>
    Object.keys(table)
      .filter((to) => to !== room && to !== 'base')
      .filter((to) => allowed.some((entry) => entry !== '*' && covers(entry, to)))
      .map((to) => `${room} → ${to}`)
      .filter((each) => !imported.has(each)),
  );
}

/** One sentence for each import of a library below `src` outside the library's rooms. */
export function forbiddenLibraries(sources: readonly SourceFile[]): string[] {
  return sources.flatMap((source) =>
    source.libraries
      .filter((library) => !(LIBRARY_ROOMS[library] ?? []).some((room) => isBelow(source.path, room)))
      .map((library) => `${source.path} imports ${library}, which belongs to another room`),
  );
}

/** The rooms of libraries in which no file imports them, each as `library → room`. */
export function unneededLibraries(sources: readonly SourceFile[]): string[] {
  const isUsed = (library: string, room: string) =>
    sources.some(({ path, libraries }) => isBelow(path, room) && libraries.includes(library));
  return Object.entries(LIBRARY_ROOMS).flatMap(([library, rooms]) =>
    rooms.filter((room) => !isUsed(library, room)).map((room) => `${library} → ${room}`),
  );
}

/**
 * The first circle of imports between files, as a path that ends where it began; undefined when there is
 * none.
 */
export function circle(sources: readonly SourceFile[]): readonly string[] | undefined {
  const imports = new Map(sources.map(({ path, files }) => [path, files]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const found = visit(next, [...trail, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of sources) {
    const found = visit(path, []);
    if (found) return found;
  }
  return undefined;
}

function allows(table: RoomTable, importer: string, imported: string): boolean {
  if (imported.startsWith('../')) return false;
  const [from, to] = [roomOf(importer, table), roomOf(imported, table)];
  if (from === to) return true;
  return (table[from] ?? []).some((room) => covers(room, to));
}

/** Whether an entry of the table allows to import a room. */
function covers(entry: string, room: string): boolean {
  return entry === '*' || entry === room || (entry.endsWith('/*') && room.startsWith(entry.slice(0, -1)));
}

function isBelow(path: string, room: string): boolean {
  return path.startsWith(`${room}/`);
}
