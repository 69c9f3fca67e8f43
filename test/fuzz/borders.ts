import { cloudAnswers } from './cloud-answers.ts';
import { companion } from './companion.ts';
import { durations } from './durations.ts';
import { type Fuzzed, fuzzed } from './kit/border.ts';
import { kubeconfigs } from './kubeconfigs.ts';
import { objects } from './objects.ts';
import { options } from './options.ts';
import { pageRequests } from './page-requests.ts';
import { secrets } from './secrets.ts';
import { streamUrls } from './stream-urls.ts';
import { watchLines } from './watch-lines.ts';

/** Every border that `make fuzz` tries, the quickest first. */
export const BORDERS: readonly Fuzzed[] = [
  fuzzed(durations),
  fuzzed(streamUrls),
  fuzzed(options),
  fuzzed(secrets),
  fuzzed(objects),
  fuzzed(kubeconfigs),
  fuzzed(cloudAnswers),
  fuzzed(watchLines),
  fuzzed(pageRequests),
  fuzzed(companion),
];
