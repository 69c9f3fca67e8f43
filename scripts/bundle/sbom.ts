// sbom.cdx.json: the packages of the bundle in CycloneDX, for scanners, which cannot see them in one file.

import { createHash } from 'node:crypto';
import type { LicensedPackage } from './licences.ts';

/** What is used of a CycloneDX document. Other fields are kept as they are. */
export type CycloneDx = {
  readonly serialNumber?: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
};

type Component = Readonly<Record<string, unknown>> & {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
};

/**
 * Filters the answer of `npm sbom`, which lists all that is installed, down to these packages. What differs
 * from machine to machine is taken out: the time, addresses of registries, and the name of the folder, which
 * npm takes for the program's. The serial number, which GitHub's attestation requires, is made from the rest:
 * equal documents have the same. Throws an Error for a package that npm does not list, or lists as one for
 * development: its presence in the bundle would depend on what our tests use.
 */
export function sbomOf(packages: readonly LicensedPackage[], installed: CycloneDx): CycloneDx {
  const licences = new Map(packages.map(({ name, version, licence }) => [`${name}@${version}`, licence]));
  const components = installed.components.filter((component) => licences.has(component['bom-ref']));
  const listed = new Set(components.map((component) => component['bom-ref']));
  const missing = [...licences.keys()].filter((ref) => !listed.has(ref));
  if (missing.length > 0) throw new Error(`npm sbom does not list ${missing.join(', ')}`);
  const development = components.filter(isForDevelopment).map((component) => component['bom-ref']);
  if (development.length > 0)
    throw new Error(`packages for development are in the bundle: ${development.join(', ')}`);

  const { serialNumber: _, metadata, dependencies, ...rest } = installed;
  const { timestamp: __, ...kept } = metadata;
  const program = withoutReferences(metadata.component);
  const ref = program['bom-ref'];
  const name = ref.slice(0, ref.lastIndexOf('@'));
  const document = {
    ...rest,
    metadata: {
      ...kept,
      lifecycles: [{ phase: 'build' }],
      component: { ...program, type: 'application', name },
    },
    components: components.map((component) => ({
      ...withoutReferences(component),
      licenses: [{ license: { id: licences.get(component['bom-ref']) } }],
    })),
    dependencies: dependencies
      .filter((dependency) => dependency.ref === ref || listed.has(dependency.ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => listed.has(each)) })),
  };
  return { ...document, serialNumber: serialNumberOf(document) };
}

/** A UUID of version 8, whose bits are the maker's choice (RFC 9562): here those of a hash. */
function serialNumberOf(document: object): string {
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return `urn:uuid:${[...parts, hash.slice(20, 32)].join('-')}`;
}

function isForDevelopment({ properties = [] }: Component): boolean {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
}

function withoutReferences({ externalReferences: _, properties: __, ...component }: Component): Component {
  return component as Component;
}
