/** Errors that a call throws besides those of the SDK and of Node. `mapError` maps them all. */

/** The answer cannot be used: another body than this API has, or more than an answer may cost. */
export class UnexpectedBody extends Error {
  override readonly name = 'UnexpectedBody';
}

/** The answer costs more than one answer may: it is too long, or comes in too many pieces. */
export class AnswerTooLong extends UnexpectedBody {
  constructor() {
    super('the answer is too long, or in too many pieces; is a proxy in between?');
  }
}

/** All answers together cost too much, and this one was the largest of those to blame. */
export class TooManyAnswers extends Error {
  override readonly name = 'TooManyAnswers';
}

/** The call exceeded its deadline. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}
