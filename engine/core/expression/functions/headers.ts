/** header: one of the headers of a record. */
import { headerFinder } from '../../headers.ts';
import { anyOf, operand } from '../javascript.ts';
import type { Code } from '../block.ts';
import type { FunctionEntry } from '../function.ts';

/** The entries of this family. */
export const headers: readonly FunctionEntry[] = [
  {
    name: 'header',
    usage: "header(_headers, 'name')",
    summary: 'The value of the last header of that name, as text; null where there is none.',
    arguments: ['headers', 'text literal'],
    type: 'string',
    nullable: () => true,
    write(call, writer, block): Code {
      const [cell, name] = call.args.map((arg) => writer.expression(arg, block)) as [Code, Code];
      const find = writer.constant('header', `${writer.use(headerFinder)}(${name.value})`);
      const absent = cell.nulls.length === 0 ? '' : `${anyOf(cell.nulls)} ? null : `;
      const value = writer.fresh('v');
      block.add(`const ${value} = ${absent}${find}(${operand(cell.value)});`);
      return { value, nulls: [`${value} === null`] };
    },
  },
];
