/**
 * The YAML files that users apply, read as they are shipped.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../../..');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The part of OpenAPI that the CRD uses. */
export interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

interface FieldPath {
  readonly jsonPath: string;
}

export interface Crd extends Manifest {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly [
      {
        readonly name: string;
        readonly selectableFields: readonly FieldPath[];
        readonly additionalPrinterColumns: readonly (FieldPath & { readonly name: string })[];
        readonly schema: { readonly openAPIV3Schema: Schema };
      },
    ];
  };
}

/**
 * The documents of one folder's YAML files in the order in which `kubectl apply -f` takes them; subfolders
 * are not read.
 *
 * @param only the name of one file; default: all
 */
export function manifestsIn(folder: string, only?: string): Manifest[] {
  const files = readdirSync(join(ROOT, folder)).filter(
    (name) => name.endsWith('.yaml') && name === (only ?? name),
  );
  return files.sort().flatMap((name) => documentsOf(join(ROOT, folder, name)));
}

function documentsOf(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    if (document.errors[0]) throw new Error(`${file}: ${document.errors[0].message}`);
    // The head of a file is a document of comments.
    return (document.toJS() as Manifest | null) ?? [];
  });
}

/** The only manifest of this kind and, if given, name. `T` is what the caller knows that kind to be. */
export function theOnly<T>(manifests: readonly Manifest[], kind: string, name?: string): T {
  const found = manifests.filter((each) => each.kind === kind && (!name || each.metadata.name === name));
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name ?? ''}, found ${found.length}`);
  return found[0] as T;
}

export function readCrd(): Crd {
  return theOnly(manifestsIn('crds'), 'CustomResourceDefinition');
}

/** The schema of a field such as `spec.credentialsRef.name`, in the CRD's only version. */
export function schemaAt(crd: Crd, path: string): Schema | undefined {
  return path
    .split('.')
    .reduce<Schema | undefined>(
      (schema, name) => schema?.properties?.[name],
      crd.spec.versions[0].schema.openAPIV3Schema,
    );
}
