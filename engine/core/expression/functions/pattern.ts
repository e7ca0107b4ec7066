/** like and regexp_like. Patterns are literals or parameters: compiled once, before any row. */
import type { FunctionEntry } from '../function.ts';
import { likeMatcher } from '../like.ts';
import { patternProblem, regexpMatcher } from '../regexp/machine.ts';
import { strict } from '../strict.ts';

const like: FunctionEntry = {
  name: 'like',
  usage: "text like 'a%'",
  summary:
    'Whether the whole text fits a pattern: % is any text, _ any character, \\ takes the next as it is.',
  arguments: ['string', 'text literal'],
  type: 'bool',
  write: strict(([text, pattern], _, writer) => {
    const matcher = writer.constant('like', `${writer.use(likeMatcher)}(${pattern ?? ''})`);
    return `${matcher}(${text})`;
  }),
};

const regexpLike: FunctionEntry = {
  name: 'regexp_like',
  usage: "regexp_like(text, 'pattern')",
  summary: 'Whether a regular expression is found in a text; takes time linear in it.',
  arguments: ['string', 'text literal'],
  type: 'bool',
  check([, pattern]) {
    const text = pattern?.kind === 'literal' ? pattern.value : null;
    const message = text === null ? null : patternProblem(String(text));
    return message === null ? null : { argument: 1, message };
  },
  write: strict(([text, pattern], _, writer) => {
    const matcher = writer.constant('pattern', `${writer.use(regexpMatcher)}(${pattern ?? ''})`);
    return `${matcher}(${text})`;
  }),
};

/** The entries of this family. */
export const patterns: readonly FunctionEntry[] = [like, regexpLike];
