/**
 * How many objects to request with each page of a list, from the bytes of the page before. Pure.
 *
 * An object takes 2 KiB or 1.5 MiB, and the limit of a page counts objects. So the first page is small, a
 * page with few bytes is followed by a larger one, and a page that is too large is requested again with fewer
 * objects.
 */

/** Objects of the first page. At 1.5 MiB each, the most that etcd holds, the API server prepares 24 MiB. */
export const FIRST_LIMIT = 16;

/** Most objects per page, as many as kubectl requests. */
const MOST_OBJECTS = 500;

/** Bytes that a page should have. 500 ordinary objects take 1 to 2 MiB. */
const WANTED_BYTES = 3 * 1_024 * 1_024;

/** A page has at most this many times the objects of the page before: what comes next may be larger. */
const GROWTH = 4;

/** An object of 1.5 MiB is found in three requests after the first: 500, 62, 7, 1. */
const SHRINKAGE = 8;

/** The objects of a page, and its bytes as the API server sent them. */
export interface PageSize {
  readonly objects: number;
  readonly bytes: number;
}

/** The limit of the next page. @param limit of the page that was read */
export function limitAfter(limit: number, { objects, bytes }: PageSize): number {
  if (objects === 0) return limit;
  const fitting = Math.floor((WANTED_BYTES * objects) / bytes);
  return Math.max(1, Math.min(fitting, limit * GROWTH, MOST_OBJECTS));
}

/** The limit with which a page is requested again that had too many bytes. */
export function limitAfterTooLarge(limit: number): number {
  return Math.max(1, Math.floor(limit / SHRINKAGE));
}
