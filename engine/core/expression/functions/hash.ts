/** hash: the same ints as Spark SQL's. A null leaves the hash as it is. */
import type { ScalarType } from '../../batch.ts';
import type { Code } from '../block.ts';
import type { FunctionEntry, RuntimeFunction } from '../function.ts';
import { anyOf, operand } from '../javascript.ts';
import { hashDouble, hashFloat, hashInt, hashLong, hashText, hashTimestamp } from '../murmur3.ts';

const BY_TYPE: Readonly<Record<ScalarType, RuntimeFunction>> = {
  bool: hashInt,
  int: hashInt,
  long: hashLong,
  float: hashFloat,
  double: hashDouble,
  timestamp: hashTimestamp,
  string: hashText,
};

const SEED = '42';

/** The entries of this family. */
export const hashes: readonly FunctionEntry[] = [
  {
    name: 'hash',
    usage: 'hash(a, b, …)',
    summary: 'A number that depends on the values only, the same as in Spark SQL.',
    arguments: ['any'],
    repeats: true,
    type: 'int',
    nullable: () => false,
    write(call, writer, block): Code {
      const codes = call.args.map((arg) => writer.expression(arg, block));
      let seed = SEED;
      call.args.forEach(({ type }, i) => {
        const { value, nulls } = codes[i] as Code;
        const input = type === 'bool' ? `${operand(value)} ? 1 : 0` : value;
        const hashed = `${writer.use(BY_TYPE[type as ScalarType])}(${input}, ${seed})`;
        const unchanged = nulls.length === 0 ? '' : `${anyOf(nulls)} ? ${seed} : `;
        const name = writer.fresh('v');
        block.add(`const ${name} = ${unchanged}${hashed};`);
        seed = name;
      });
      return { value: seed, nulls: [] };
    },
  },
];
