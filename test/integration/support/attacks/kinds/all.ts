/** All attacks, in the order in which the bench measures them. */
import type { Attack } from '../attack.ts';
import * as answers from './answers.ts';
import * as churn from './churn.ts';
import * as connections from './connections.ts';
import * as objects from './objects.ts';
import * as storms from './storms.ts';

export const ATTACKS: readonly Attack[] = [
  ...Object.values(answers),
  ...Object.values(storms),
  ...Object.values(connections),
  ...Object.values(churn),
  ...Object.values(objects).filter((each): each is Attack => typeof each === 'object'),
];
