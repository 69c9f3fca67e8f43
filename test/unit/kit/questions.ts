/** Questions to the cloud whose answers are promises, as tests wait for them. */
import type { Answer, CloudReader, Question } from '../../../src/job/model/cloud-port.ts';

/** A question without its receiver. */
export type Unreceived = Omit<Question, 'answered'>;

export function ask(cloud: Pick<CloudReader, 'observe'>, asked: Unreceived): Promise<Answer> {
  return new Promise((answered) => cloud.observe({ ...asked, answered }));
}

/** Makes a cloud of a function that returns the answer. */
export function answering(answerTo: (asked: Unreceived) => Promise<Answer>): CloudReader['observe'] {
  return (question) => void answerTo(question).then((answer) => question.answered(answer));
}
