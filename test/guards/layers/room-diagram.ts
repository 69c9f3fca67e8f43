/**
 * Draws the import table of layers.ts as a mermaid diagram. Arrows that follow from others are left out, and
 * so are `base` and `api`, which have no imports, and the files that see every room.
 */
import type { RoomTable } from './layers.ts';

const NOT_DRAWN = new Set(['base', 'api']);

/** Returns the lines of the diagram, without the fence. */
export function diagramOf(table: RoomTable): string {
  const rooms = Object.keys(table).filter((room) => !NOT_DRAWN.has(room) && !table[room]?.includes('*'));
  const imports = new Map(rooms.map((room) => [room, importsOf(room, rooms, table)]));
  const arrows = rooms.flatMap((room) => {
    const direct = imports.get(room) ?? [];
    return direct
      .filter((to) => !direct.some((other) => other !== to && reaches(other, to, imports)))
      .map((to) => `  ${nodeOf(room)} --> ${nodeOf(to)}`);
  });
  return ['graph TD', ...rooms.map((room) => `  ${nodeOf(room)}[${room}]`), ...arrows].join('\n');
}

function importsOf(room: string, rooms: readonly string[], table: RoomTable): string[] {
  const allowed = table[room] ?? [];
  return rooms.filter(
    (other) =>
      other !== room &&
      allowed.some((name) => name === other || (name.endsWith('/*') && other.startsWith(name.slice(0, -1)))),
  );
}

function reaches(from: string, to: string, imports: ReadonlyMap<string, readonly string[]>): boolean {
  return (imports.get(from) ?? []).some((next) => next === to || reaches(next, to, imports));
}

/** A name that mermaid takes for a node. */
function nodeOf(room: string): string {
  return room.replaceAll(/\W/g, '_');
}
