// The SBOM lists what is in the bundle: no more than that, and nothing of the machine that built it.

import { expect } from 'chai';
import type { LicensedPackage } from '../../../../scripts/bundle/licences.ts';
import { packagesIn } from '../../../../scripts/bundle/packages.ts';
import { type CycloneDx, sbomOf } from '../../../../scripts/bundle/sbom.ts';

describe('packagesIn', () => {
  const inputs = (...files: string[]) =>
    Object.fromEntries(files.map((file) => [file, { bytesInOutput: 1 }])) as Readonly<
      Record<string, { bytesInOutput: number }>
    >;
  const output = (found: Readonly<Record<string, { bytesInOutput: number }>>) => ({
    bytes: 1,
    imports: [],
    exports: [],
    inputs: found,
  });
  const foldersWith = (...found: Readonly<Record<string, { bytesInOutput: number }>>[]) => {
    const outputs = Object.fromEntries(found.map((each, at) => [`dist/${at}.js`, output(each)]));
    return packagesIn({ outputs }).map(({ folder }) => folder);
  };

  it('finds each package once, also a scoped one, and passes over files of our own', () => {
    const files = inputs(
      'src/main.ts',
      'part:undici',
      'node_modules/chai/a.js',
      'node_modules/chai/lib/b.js',
    );
    expect(
      foldersWith({ ...files, ...inputs('node_modules/@alicloud/tea-util/dist/client.js') }),
    ).to.deep.equal(['node_modules/@alicloud/tea-util', 'node_modules/chai']);
  });

  it('looks at every output', () => {
    const found = foldersWith(inputs('node_modules/pino/pino.js'), inputs('node_modules/chai/a.js'));
    expect(found).to.deep.equal(['node_modules/chai', 'node_modules/pino']);
  });

  it('takes the innermost of nested packages', () => {
    const nested = 'node_modules/pino-pretty/node_modules/sonic-boom';
    expect(foldersWith(inputs(`${nested}/index.js`))).to.deep.equal([nested]);
  });

  it('does not count a file of which nothing is left', () => {
    expect(foldersWith({ 'node_modules/chai/a.js': { bytesInOutput: 0 } })).to.deep.equal([]);
  });

  it('reads name, version and licence', () => {
    const found = packagesIn({ outputs: { main: output(inputs('node_modules/tinyqueue/index.js')) } });
    expect(found).to.deep.equal([
      { name: 'tinyqueue', version: '3.0.0', licence: 'ISC', folder: 'node_modules/tinyqueue' },
    ]);
  });
});

describe('sbomOf', () => {
  const component = (ref: string, properties = [{ name: 'a', value: 'b' }]) => ({
    'bom-ref': ref,
    externalReferences: [{ type: 'distribution', url: 'https://registry.example/a.tgz' }],
    properties,
  });
  const installed: CycloneDx = {
    serialNumber: 'urn:uuid:1',
    metadata: { timestamp: 'now', component: { ...component('operator@1.2.3'), name: 'a-folder' } },
    components: [component('a@1.0.0'), component('@b/c@2.0.0'), component('unused@1.0.0')],
    dependencies: [
      { ref: 'operator@1.2.3', dependsOn: ['a@1.0.0', 'unused@1.0.0'] },
      { ref: 'a@1.0.0', dependsOn: ['@b/c@2.0.0', 'unused@1.0.0'] },
      { ref: 'unused@1.0.0' },
    ],
  };
  const bundled = (ref: string): LicensedPackage => {
    const at = ref.lastIndexOf('@');
    return { name: ref.slice(0, at), version: ref.slice(at + 1), licence: 'MIT', folder: '', text: '' };
  };
  const sbom = sbomOf(['a@1.0.0', '@b/c@2.0.0'].map(bundled), installed);

  it('keeps what is bundled, and what depends on it', () => {
    expect(sbom.components.map((each) => each['bom-ref'])).to.deep.equal(['a@1.0.0', '@b/c@2.0.0']);
    expect(sbom.dependencies).to.deep.equal([
      { ref: 'operator@1.2.3', dependsOn: ['a@1.0.0'] },
      { ref: 'a@1.0.0', dependsOn: ['@b/c@2.0.0'] },
    ]);
  });

  it('names the program, not the folder that it was built in', () => {
    expect(sbom.metadata.component).to.deep.equal({
      'bom-ref': 'operator@1.2.3',
      type: 'application',
      name: 'operator',
    });
  });

  it('is the same at each build, and has no address of a registry', () => {
    expect(JSON.stringify(sbom)).not.to.match(/uuid:1"|now|registry/);
  });

  it('has a serial number, as GitHub attests no other list, which follows from what it lists', () => {
    expect(sbom.serialNumber).to.match(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const packages = [bundled('a@1.0.0'), bundled('@b/c@2.0.0')];
    expect(sbomOf(packages, { ...installed, serialNumber: 'urn:uuid:2' }).serialNumber).to.equal(
      sbom.serialNumber,
    );
    expect(sbomOf([bundled('a@1.0.0')], installed).serialNumber).not.to.equal(sbom.serialNumber);
  });

  it('has the licence that the notices have', () => {
    expect(sbom.components[0]?.licenses).to.deep.equal([{ license: { id: 'MIT' } }]);
  });

  it('refuses a package that npm does not list', () => {
    expect(() => sbomOf([bundled('a@1.0.1')], installed)).to.throw('npm sbom does not list a@1.0.1');
  });

  it('refuses a package for development', () => {
    const development = [{ name: 'cdx:npm:package:development', value: 'true' }];
    const components = [component('a@1.0.0', development)];
    expect(() => sbomOf([bundled('a@1.0.0')], { ...installed, components })).to.throw(
      'packages for development are in the bundle: a@1.0.0',
    );
  });
});
