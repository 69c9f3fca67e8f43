/**
 * Tenants whose Secrets name hostile endpoints, while another namespace is observed.
 */
import { holdsAgainst } from '../../support/attacks/hold.ts';
import { CHUNK_BOMB, FLAPPING, HANGING, HELD } from '../../support/attacks/kinds/answers.ts';

describe('the operator, under the answers of hostile endpoints,', () => {
  holdsAgainst([CHUNK_BOMB, HELD, HANGING, FLAPPING]);
});
