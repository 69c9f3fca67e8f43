/**
 * A process that calls an endpoint several times at once, and prints the most memory that it ever had, KiB,
 * and how the calls ended. Arguments: host and port, number of calls.
 */
import { systemClock } from '../../../../../src/base/clock.ts';
import { callSdk } from '../../../../../src/cloud/client/alibaba-client.ts';
import { AnswerMemory, MOST_OF_AN_ANSWER } from '../../../../../src/cloud/client/answer-memory.ts';

const [host = '', calls = ''] = process.argv.slice(2);
const memory = new AnswerMemory();

async function call(): Promise<string> {
  const cost = memory.open('media', MOST_OF_AN_ANSWER);
  try {
    await callSdk({
      endpoint: { protocol: 'http', host },
      accessKey: { accessKeyID: 'id', accessKeySecret: 'secret' },
      action: 'GetEdgeTranscodeJob',
      parameters: {},
      cost,
      clock: systemClock,
      userAgent: 'test',
    });
    return 'answered';
  } catch (error) {
    return (error as Error).name;
  } finally {
    cost.close();
  }
}

const ends = await Promise.all(Array.from({ length: Number(calls) }, call));
console.log(JSON.stringify({ mostKiB: process.resourceUsage().maxRSS, ends: [...new Set(ends)] }));
process.exit();
