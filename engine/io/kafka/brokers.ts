import { EngineError } from '../../errors.ts';
import type { KafkaConnection } from './client.ts';

const ADDRESS = /^[^\s:]+:\d{1,5}$/;

/**
 * A connection to the brokers of `text`, a comma-separated list of `host:port`. Throws EngineError
 * ENG_KAFKA_CONNECT in plain words when there is none.
 */
export function connectionTo(text: string | undefined): KafkaConnection {
  const addresses = (text ?? '').split(',').map((each) => each.trim());
  const isList = addresses.every((address) => ADDRESS.test(address));
  if (isList) return { name: 'kafka', kind: 'kafka', addresses, options: {} };
  const given = text === undefined || text === '' ? '' : ` (KAFKA_BROKERS is \`${text}\`)`;
  throw new EngineError(
    'ENG_KAFKA_CONNECT',
    `no Kafka broker is configured${given}. Name one with --brokers HOST:PORT or KAFKA_BROKERS, or start one: eval "$(npx engine infra up --export)"`,
  );
}
