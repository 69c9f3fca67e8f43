/** Replaces what occurs exactly once. @throws an Error that names the file if it does not */
export function replaced(path: string, text: string, old: string | RegExp, by: string): string {
  const parts = text.split(old);
  if (parts.length !== 2)
    throw new Error(`${path} has ${parts.length - 1} times what the release replaces: ${old}`);
  return parts.join(by);
}
