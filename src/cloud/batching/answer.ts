import type { Answer, Question } from '../../job/model/cloud-port.ts';

/**
 * Answers questions, not at once but next: their receivers may ask again or withdraw other questions, which
 * would change a batch in the middle of a step.
 */
export function answer(questions: readonly Question[], given: Answer): void {
  queueMicrotask(() => {
    for (const question of questions) question.answered(given);
  });
}
