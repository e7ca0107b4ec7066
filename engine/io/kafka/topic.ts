import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import type { TopicClient } from './kafka-port.ts';

/** How long a topic may take to appear: whoever writes it may have started a moment later. */
const APPEAR_LIMIT_MS = 10_000;
const LOOK_EVERY_MS = 500;

/**
 * Resolves when the topic exists, which it may come to do within some seconds. Throws EngineError
 * ENG_KAFKA_FAILED otherwise.
 */
export async function requireTopic(
  client: TopicClient,
  signal: AbortSignal,
  onNotice: (text: string) => void,
): Promise<void> {
  const begun = performance.now();
  for (let looks = 0; (await client.partitions()).length === 0; looks++) {
    if (performance.now() - begun > APPEAR_LIMIT_MS) throw missingTopic(client);
    if (looks === 0) onNotice(`topic ${client.topic} does not exist yet: waiting for it`);
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

const missingTopic = ({ topic, connection }: TopicClient): EngineError =>
  new EngineError(
    'ENG_KAFKA_FAILED',
    `there is no topic ${topic} on ${connection.addresses.join(', ')}. Fill it with \`engine load FILE --topic ${topic}\`, start what writes it, or see what there is with \`engine topics\``,
    { context: { topic } },
  );
