/**
 * The CRD and the code name the same things, and every field explains itself.
 */
import { expect } from 'chai';
import { CONDITION_TYPES, type Condition } from '../../src/api/conditions.ts';
import * as api from '../../src/api/edge-transcode-job.ts';
import { readCrd, type Schema, schemaAt } from './deploy/manifests.ts';

type Fields<T> = Record<keyof T, true>;

// The compiler holds these lists to the types, the tests below hold the schema to these lists.
const SPEC: Fields<api.EdgeTranscodeJobSpec> = {
  clusterID: true,
  jobID: true,
  regionID: true,
  interval: true,
  suspend: true,
  expectedState: true,
  credentialsRef: true,
};
const STATUS: Fields<api.EdgeTranscodeJobStatus> = {
  observedGeneration: true,
  state: true,
  job: true,
  lastObservedTime: true,
  observedTarget: true,
  effectiveInterval: true,
  lastHandledRequestedAt: true,
  conditions: true,
};
const JOB: Fields<api.JobDetails> = {
  createTime: true,
  jobID: true,
  lastStartAt: true,
  lastStopAt: true,
  name: true,
  status: true,
  streamInput: true,
  streamOutput: true,
  templateID: true,
  templateName: true,
  type: true,
};
const CONDITION: Fields<Condition> = {
  type: true,
  status: true,
  reason: true,
  message: true,
  lastTransitionTime: true,
  observedGeneration: true,
};

describe('the CRD and the code', () => {
  const crd = readCrd();

  it('agree on group, version, kind and plural', () => {
    const { group, names, versions } = crd.spec;
    expect([group, names.kind, names.plural]).to.deep.equal([api.GROUP, api.KIND, api.PLURAL]);
    expect(versions.map((version) => version.name)).to.deep.equal([api.VERSION]);
    expect(crd.metadata?.name).to.equal(`${api.PLURAL}.${api.GROUP}`);
  });

  for (const [path, fields] of Object.entries({ spec: SPEC, status: STATUS, 'status.job': JOB })) {
    it(`agree on the fields of ${path}`, () => {
      expect(Object.keys(schemaAt(crd, path)?.properties ?? {})).to.have.members(Object.keys(fields));
    });
  }

  it('agree on the fields of a condition', () => {
    expect(Object.keys(schemaAt(crd, 'status.conditions')?.items?.properties ?? {})).to.have.members(
      Object.keys(CONDITION),
    );
  });

  it('agree on the states', () => {
    expect(schemaAt(crd, 'status.state')?.enum).to.deep.equal(api.STATES);
    expect(schemaAt(crd, 'spec.expectedState')?.enum).to.deep.equal(api.EXPECTED_STATES);
  });

  it('agree on the condition types, which the description explains one by one', () => {
    const explained = schemaAt(crd, 'status.conditions')?.description?.matchAll(/(\w+): /g) ?? [];
    expect(Array.from(explained, (match) => match[1])).to.deep.equal(CONDITION_TYPES);
  });

  it('name the refresh annotation alike', () => {
    expect(schemaAt(crd, 'status.lastHandledRequestedAt')?.description).to.contain(
      api.REQUESTED_AT_ANNOTATION,
    );
  });
});

describe('the CRD', () => {
  const crd = readCrd();

  it('explains every field in whole sentences', () => {
    const silent = ['spec', 'status'].flatMap((name) =>
      fieldsWithout(schemaAt(crd, name), name, /^[A-Z-].*\.$/s),
    );
    expect(silent).to.deep.equal([]);
  });

  it('says of every field of spec whether it is required, or what its default is', () => {
    expect(fieldsWithout(schemaAt(crd, 'spec'), 'spec', /Required\.|Default: /).slice(1)).to.deep.equal([]);
  });

  it('puts only fields of the schema into columns and selectors', () => {
    const [version] = crd.spec.versions;
    const paths = [...version.additionalPrinterColumns, ...version.selectableFields]
      .map(({ jsonPath }) => jsonPath.slice(1).replace(/\[\?.*\]\.\w+$/, ''))
      .filter((path) => !path.startsWith('metadata.'));
    expect(paths.filter((path) => !schemaAt(crd, path))).to.deep.equal([]);
    expect(paths).to.have.lengthOf(18);
  });

  it('puts conditions into columns that the operator sets always, or for spec.expectedState', () => {
    const columns = crd.spec.versions[0].additionalPrinterColumns;
    const types = columns.flatMap(({ jsonPath }) => /@\.type=="(\w+)"/.exec(jsonPath)?.[1] ?? []);
    expect(types).to.deep.equal(['Ready', 'AsExpected', 'Fresh', 'Ready', 'Ready']);
  });

  it('has a message at every rule', () => {
    const rules = rulesOf(schemaAt(crd, 'spec'));
    expect(rules.filter(({ message }) => !message)).to.deep.equal([]);
    expect(rules).to.have.lengthOf(7);
  });

  it('bounds every string of spec, which the cost limits of its rules need', () => {
    const unbounded = stringsOf(schemaAt(crd, 'spec')).filter((schema) => !(schema.maxLength ?? schema.enum));
    expect(unbounded).to.deep.equal([]);
  });

  it('bounds nothing that the cloud sends into status', () => {
    const bounded = stringsOf(schemaAt(crd, 'status.job')).filter(
      (schema) => schema.maxLength ?? schema.pattern ?? schema.format ?? schema.enum,
    );
    expect(bounded).to.deep.equal([]);
  });
});

/** The paths below and including `path` whose description does not match. */
function fieldsWithout(schema: Schema | undefined, path: string, description: RegExp): string[] {
  if (!schema) return [];
  const own = description.test(schema.description ?? '') ? [] : [path];
  const children = Object.entries(schema.properties ?? {});
  const below = children.flatMap(([name, child]) => fieldsWithout(child, `${path}.${name}`, description));
  return [...own, ...below, ...fieldsWithout(schema.items, `${path}[]`, description)];
}

function schemasOf(schema: Schema | undefined): Schema[] {
  return schema ? [schema, ...Object.values(schema.properties ?? {}).flatMap(schemasOf)] : [];
}

function stringsOf(schema: Schema | undefined): Schema[] {
  return schemasOf(schema).filter(({ type }) => type === 'string');
}

function rulesOf(schema: Schema | undefined): { readonly message?: string }[] {
  return schemasOf(schema).flatMap((each) => each['x-kubernetes-validations'] ?? []);
}
