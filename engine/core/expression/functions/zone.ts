/** The time zone that the checker appends to calls which depend on one. */
import { openZone } from '../../time/zone.ts';
import type { Writer } from '../function.ts';
import { literalOf } from '../javascript.ts';
import type { TypedExpression } from '../types.ts';

/** The zone of a text literal, opened once before any row. */
export function zoneConstant(zone: TypedExpression | undefined, writer: Writer): string {
  const name = zone?.kind === 'literal' ? String(zone.value) : 'UTC';
  return writer.constant('zone', `${writer.use(openZone)}(${literalOf(name)})`);
}
