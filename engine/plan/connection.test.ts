import { describe, expect, test } from 'vitest';
import type { Finding } from '../spec/diagnostic.ts';
import type { ConnectionSpec } from '../spec/spec.ts';
import { connectionOrReport } from './connection.ts';

const kafka: ConnectionSpec = { name: 'kafka', kind: 'kafka', addresses: ['a:1'], options: {} };

function look(name: string | null): { found: ConnectionSpec | null; findings: Finding[] } {
  const findings: Finding[] = [];
  const found = connectionOrReport('kafka', name, {
    report: (finding) => findings.push(finding),
    path: ['sinks', 'out', 'kafka'],
    pipeline: 'p',
    timezone: 'UTC',
    parameters: new Map(),
    connection: (_kind, wanted = 'kafka') => (wanted === 'kafka' ? kafka : null),
  });
  return { found, findings };
}

describe('the connection of a keyword', () => {
  test('is the one called like its kind, unless another is named', () => {
    expect(look(null)).toEqual({ found: kafka, findings: [] });
    expect(look('kafka').found).toBe(kafka);
  });

  test('that is not there is reported where it is named', () => {
    expect(look('alerts')).toMatchObject({
      found: null,
      findings: [{ code: 'unknown-connection', path: ['sinks', 'out', 'kafka', 'connection'] }],
    });
  });
});
