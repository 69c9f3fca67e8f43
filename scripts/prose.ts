// Prints what breaks a rule of prose below the given folders, or everywhere: `npm run prose -- docs`.

import { EVERYTHING, findingsBelow, sentenceOf } from '../test/guards/prose/files.ts';

const paths = process.argv.slice(2).map((path) => path.replace(/\/+$/, ''));
const findings = findingsBelow(paths.length > 0 ? paths : EVERYTHING);
for (const finding of findings) console.log(sentenceOf(finding));
console.log(`${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
