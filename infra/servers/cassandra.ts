import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError } from '../../engine/errors.ts';
import { jvmOptions } from './jvm.ts';
import { host } from './ports.ts';
import { probeCassandra } from './probe.ts';
import type { Launch, Server, ServerHome, ServerPorts } from './server.ts';

/**
 * The server's configuration. JSON, which is YAML too: paths need no rules of quoting.
 * Limits on batches and mutations stay at Cassandra's defaults, so that what works here works on a
 * real cluster.
 */
export function renderCassandraConfig(data: string, ports: ServerPorts, durable = false): string {
  const config = {
    cluster_name: 'engine',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `${host}:${ports.inner}` }],
      },
    ],
    listen_address: host,
    storage_port: ports.inner,
    rpc_address: host,
    native_transport_port: ports.client,
    start_native_transport: true,
    authenticator: 'AllowAllAuthenticator',
    authorizer: 'AllowAllAuthorizer',

    data_file_directories: [join(data, 'data')],
    commitlog_directory: join(data, 'commitlog'),
    saved_caches_directory: join(data, 'saved_caches'),
    hints_directory: join(data, 'hints'),
    cdc_raw_directory: join(data, 'cdc_raw'),
    ...(durable
      ? { commitlog_sync: 'batch' }
      : { commitlog_sync: 'periodic', commitlog_sync_period: '10000ms' }),

    // Small: buffers and caches for a heap of 512 MiB and two cores.
    memtable_heap_space: '128MiB',
    memtable_offheap_space: '64MiB',
    file_cache_size: '64MiB',
    networking_cache_size: '32MiB',
    key_cache_size: '16MiB',
    counter_cache_size: '0MiB',
    commitlog_segment_size: '32MiB',
    commitlog_total_space: '256MiB',
    disk_access_mode: 'mmap_index_only',
    concurrent_reads: 16,
    concurrent_writes: 16,
    concurrent_counter_writes: 2,
    concurrent_compactors: 1,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

const configOf = (home: ServerHome): string => join(home.conf, 'cassandra.yaml');

async function prepare(launch: Launch): Promise<void> {
  const { home } = launch;
  await mkdir(home.conf, { recursive: true });
  await mkdir(home.data, { recursive: true });
  await writeFile(configOf(home), renderCassandraConfig(home.data, launch.ports, launch.durable));
}

/** Arguments from a file with one a line; blank lines and lines that begin with `#` are left out. */
export const parseOptions = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

async function command(launch: Launch): Promise<string[]> {
  const { home, jars } = launch;
  const agent = (await readdir(jars)).find((name) => /^jamm-.*\.jar$/.test(name));
  if (agent === undefined) throw new EngineError('ENG_INFRA_START', `no jamm jar in ${jars}`);
  const options = new URL('./cassandra/jvm.options', import.meta.url);
  const logback = new URL('./cassandra/logback.xml', import.meta.url);
  return [
    ...parseOptions(await readFile(options, 'utf8')),
    ...jvmOptions(launch),
    `-javaagent:${join(jars, agent)}`,
    home.mark,
    `-Dcassandra.config=${pathToFileURL(configOf(home)).href}`,
    `-Dcassandra.storagedir=${home.data}`,
    `-Dcassandra.logdir=${home.directory}`,
    `-Dlogback.configurationFile=${logback.href}`,
    '-cp',
    join(jars, '*'),
    'org.apache.cassandra.service.CassandraDaemon',
  ];
}

/** Apache Cassandra, one node, data centre `datacenter1`. Its inner port is the one between nodes. */
export const cassandra: Server = {
  name: 'cassandra',
  title: 'Cassandra 5.0.5',
  version: '5.0.5',
  pom: new URL('./cassandra/pom.xml', import.meta.url),
  size: { jars: 100, mib: 66 },
  preferredPort: 9042,
  javaMajors: [17, 11],
  prepare,
  command,
  probe: probeCassandra,
};
