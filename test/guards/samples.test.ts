/**
 * The samples use only what the CRD and the shipped roles offer.
 */
import { expect } from 'chai';
import { API_VERSION, type EdgeTranscodeJobSpec, KIND } from '../../src/api/edge-transcode-job.ts';
import { type Manifest, manifestsIn, readCrd, type Schema, schemaAt, theOnly } from './deploy/manifests.ts';

interface Sample extends Manifest {
  readonly spec: EdgeTranscodeJobSpec;
}

describe('the samples', () => {
  const manifests = manifestsIn('deploy/samples');
  const jobs = manifests.filter(({ kind }) => kind === KIND) as Sample[];
  const schema = schemaAt(readCrd(), 'spec') as Schema;

  it('show a minimal object, an expected state, own credentials and a suspended object', () => {
    const fields = jobs.map(({ spec }) => Object.keys(spec).filter((field) => !field.endsWith('ID')));
    expect(fields).to.have.deep.members([[], ['interval', 'expectedState'], ['credentialsRef'], ['suspend']]);
  });

  for (const job of jobs) {
    it(`use only fields of the schema, with its types (${job.metadata.name})`, () => {
      expect(job.apiVersion).to.equal(API_VERSION);
      expect(Object.keys(job)).to.have.members(['apiVersion', 'kind', 'metadata', 'spec']);
      expect(faults(job.spec, schema, 'spec')).to.deep.equal([]);
    });
  }

  it('name no namespace, so that they go where the user points', () => {
    expect(manifests.filter(({ metadata }) => metadata.namespace)).to.deep.equal([]);
  });

  it('have names and jobs of their own, so that all can be applied together', () => {
    for (const values of [jobs.map(({ metadata }) => metadata.name), jobs.map(({ spec }) => spec.jobID)]) {
      expect(new Set(values)).to.have.lengthOf(jobs.length);
    }
  });

  it('grant the operator the Secret that the object names, that alone, and only to get it', () => {
    const job = jobs.find(({ spec }) => spec.credentialsRef);
    const secret = theOnly<Manifest>(manifests, 'Secret').metadata.name;
    const { metadata, rules } = theOnly<Manifest & { rules: unknown }>(manifests, 'Role');
    const { roleRef, subjects } = theOnly<Record<'roleRef' | 'subjects', unknown>>(manifests, 'RoleBinding');
    expect(job?.spec.credentialsRef?.name).to.equal(secret);
    expect(rules).to.deep.equal([
      { apiGroups: [''], resources: ['secrets'], resourceNames: [secret], verbs: ['get'] },
    ]);
    expect(roleRef).to.include({ kind: 'Role', name: metadata.name });
    const { name, namespace } = theOnly<Manifest>(manifestsIn('deploy'), 'ServiceAccount').metadata;
    expect(subjects).to.deep.equal([{ kind: 'ServiceAccount', name, namespace }]);
  });

  it('hold no key that could be a real one', () => {
    const { stringData } = theOnly<{ stringData: Record<string, string> }>(manifests, 'Secret');
    expect(Object.keys(stringData)).to.deep.equal(['accessKeyID', 'accessKeySecret']);
    for (const value of Object.values(stringData)) expect(value).to.match(/^<your .*>$/);
  });
});

describe('the check of the samples', () => {
  const schema: Schema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' }, mode: { type: 'string', enum: ['on'] } },
  };

  it('finds unknown and missing fields, wrong types and values outside an enum', () => {
    expect(faults({ mode: 'off', idd: 'x' }, schema, 'spec')).to.deep.equal([
      'spec.id is missing',
      'spec.mode is off',
      'spec.idd is unknown',
    ]);
    expect(faults({ id: 5 }, schema, 'spec')).to.deep.equal(['spec.id is a number']);
  });
});

function faults(value: unknown, schema: Schema | undefined, path: string): string[] {
  if (!schema) return [`${path} is unknown`];
  const type = typeof value;
  if (type !== schema.type) return [`${path} is a ${type}`];
  if (schema.enum && !schema.enum.includes(String(value))) return [`${path} is ${String(value)}`];
  return type === 'object' ? faultsWithin(value as object, schema, path) : [];
}

function faultsWithin(value: object, schema: Schema, path: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, child]) =>
      faults(child, schema.properties?.[name], `${path}.${name}`),
    ),
  ];
}
