/** What the operator answers to Prometheus and to the kubelet: /metrics, /livez and /readyz. */
import { type Answer, plainAnswer } from '../http/answer.ts';

/** The metrics at one instant. */
export interface Rendering {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface Endpoints {
  readonly metrics: () => Promise<Rendering>;
  /** Returns undefined while all is well, otherwise the problem. */
  readonly live: () => string | undefined;
  readonly ready: () => string | undefined;
}

/** @param target path and query of the request */
export async function answerEndpoint({ metrics, live, ready }: Endpoints, target: string): Promise<Answer> {
  switch (target.split('?', 1)[0]) {
    case '/metrics': {
      const { contentType, body } = await metrics();
      return { status: 200, headers: { 'content-type': contentType }, body };
    }
    case '/livez':
      return health(live());
    case '/readyz':
      return health(ready());
    default:
      return plainAnswer(404, 'there are /metrics, /livez and /readyz');
  }
}

function health(problem: string | undefined): Answer {
  return problem === undefined ? plainAnswer(200, 'ok') : plainAnswer(503, problem);
}
