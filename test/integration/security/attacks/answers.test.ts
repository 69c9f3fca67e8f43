/**
 * Tenants whose Secrets name hostile endpoints, while another namespace is observed.
 */
import { holdsAgainst } from '../../support/attacks/hold.ts';
import {
  ALTERNATING,
  CHUNK_BOMB,
  FAST,
  FLAPPING,
  HANGING,
  HELD,
  LONG_FIELDS,
  MANY_KEYS,
} from '../../support/attacks/kinds/answers.ts';

describe('the operator, under the answers of hostile endpoints,', () => {
  holdsAgainst([CHUNK_BOMB, LONG_FIELDS, HELD, MANY_KEYS, HANGING, ALTERNATING, FLAPPING, FAST]);
});
