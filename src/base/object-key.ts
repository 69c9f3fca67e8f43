/**
 * The name of a namespaced object as one string, `namespace/name`: what queues and maps hold.
 */
export type ObjectKey = `${string}/${string}`;

export function objectKey(namespace: string, name: string): ObjectKey {
  // Not a template: that would be a list of three strings, which stays one even as one string: twice the memory.
  return [namespace, name].join('/') as ObjectKey;
}

/** The object's own name. */
export function nameOf(key: ObjectKey): string {
  return splitKey(key).name;
}

export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
