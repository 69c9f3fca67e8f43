/**
 * Shifts the wall clock of this process, as where the clock of its node is stepped: timers and `performance`
 * stay.
 *
 * @param offsetMs is asked at each reading
 * @returns what sets the clock right
 */
export function shiftWallClock(offsetMs: () => number): () => void {
  const SystemDate = Date;
  const now = () => SystemDate.now() + offsetMs();
  globalThis.Date = class extends SystemDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [now()] : args) as [number]));
    }

    static override now(): number {
      return now();
    }
  } as DateConstructor;
  return () => {
    globalThis.Date = SystemDate;
  };
}
