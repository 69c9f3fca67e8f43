// The settings of a soak, from the environment: `make soak HOURS=0.5 OBJECTS=2000` passes them on.

export interface SoakOptions {
  readonly objects: number;
  /** Length of each of the two parts. */
  readonly minutes: number;
}

const MINUTES_PER_HOUR = 60;

/** A shorter part has too few stretches of 2 min after its warm-up for a slope. */
const LEAST_MINUTES = 10;

/** @throws an Error that names the variable that is not a positive number, or the least minutes */
export function soakOptions(environment: Readonly<Record<string, string | undefined>>): SoakOptions {
  const number = (name: string): number | undefined => {
    const text = environment[name];
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (!(value > 0 && Number.isFinite(value))) throw new Error(`${name}=${text} is not a positive number`);
    return value;
  };
  const minutes = number('MINUTES') ?? (number('HOURS') ?? 1) * MINUTES_PER_HOUR;
  if (minutes < LEAST_MINUTES) throw new Error(`each part needs ${LEAST_MINUTES} minutes at least`);
  return { objects: Math.ceil(number('OBJECTS') ?? 10_000), minutes };
}
