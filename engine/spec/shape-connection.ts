/**
 * The shape of a connection; its kind decides which settings fit (assemble.ts).
 */
import { z } from 'zod';
import * as fields from './fields.ts';
import { serverlessHint } from './normalize-words.ts';
import { scalar } from './scalar.ts';

/** `host:port, host:port` or a list of them. */
const address = (port: number) =>
  scalar({
    what: `addresses such as \`host:${port}\``,
    json: { type: 'string' },
    read: (value) => {
      const addresses = String(value)
        .split(',')
        .map((each) => each.trim());
      const bad = addresses.find(
        (each) => !/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(each),
      );
      if (bad === undefined) return { value: addresses };
      return {
        code: 'bad-address',
        message: bad === '' ? 'an address is missing here' : `\`${bad}\` is no address`,
        hint: `write host:${port}, several with commas between; ${serverlessHint}`,
      };
    },
  });

const addresses = (port: number, text: string) =>
  fields.maybe(
    z
      .union([
        address(port),
        z
          .array(address(port))
          .min(1)
          .transform((each) => each.flat()),
      ])
      .describe(text),
  );

const tls = z.union([
  fields.flag(),
  z.strictObject({
    ca: fields.maybe(fields.path().describe('File with the authority that signed the server.')),
    cert: fields.maybe(fields.path().describe('File with the client certificate.')),
    key: fields.maybe(fields.path().describe('File with the client key.')),
  }),
]);

/** Settings of one connection; which of them fit is decided by its kind. */
export const connection = z.strictObject({
  brokers: addresses(9092, `Kafka brokers, \`host:port\`; ${serverlessHint}.`),
  contact_points: addresses(9042, `Cassandra nodes, \`host:port\`; ${serverlessHint}.`),
  tls: tls.optional().describe('Encrypted connection; certificates are verified.'),
  sasl: z
    .strictObject({
      mechanism: fields
        .choice(['plain', 'scram-sha-256', 'scram-sha-512'])
        .describe('How to log in.'),
      username: fields.text().describe('User name.'),
      password: fields.text().describe('Password; take it from a variable.'),
    })
    .optional()
    .describe('Kafka login.'),
  auth: z
    .strictObject({
      username: fields.text().describe('User name.'),
      password: fields.text().describe('Password; take it from a variable.'),
    })
    .optional()
    .describe('Cassandra login.'),
  local_data_center: fields.maybe(
    fields.text().describe('Cassandra data centre to talk to (default datacenter1).'),
  ),
  keyspace: fields.maybe(fields.identifier('a keyspace').describe('Cassandra keyspace.')),
  replication: fields.maybe(
    z
      .union([fields.whole(1), z.record(z.string(), fields.whole(1))])
      .describe('Replication factor (default 1), or a map from data centre to factor.'),
  ),
  client: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Further options of the client library, as it names them.'),
});
