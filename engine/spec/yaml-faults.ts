/**
 * The YAML parser's complaints in our own words.
 */
import { isCollection, isScalar, visit } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import { rangeOf } from './compose.ts';
import type { TextFault } from './compose.ts';
import type { Range } from './source-text.ts';
import { quote } from './yaml-traps.ts';

type ErrorName = YAMLError['code'];

interface Wording {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const syntax = (message: string, hint?: string): Wording => ({
  code: 'yaml-syntax',
  message,
  ...(hint === undefined ? {} : { hint }),
});

const wordings: Readonly<Record<ErrorName, Wording>> = {
  ALIAS_PROPS: syntax('an alias cannot have an anchor or a tag of its own'),
  BAD_ALIAS: syntax('an anchor or alias has no name here', 'quote the value if it is text'),
  BAD_COLLECTION_TYPE: syntax('this tag does not fit what follows it'),
  BAD_DIRECTIVE: syntax(
    'a line that begins with % is a YAML directive, and this one is not known',
    'quote the value, or indent the line',
  ),
  BAD_DQ_ESCAPE: syntax(
    'this backslash is no escape in double quotes',
    'use single quotes, or write \\\\ for a backslash',
  ),
  BAD_INDENT: {
    code: 'yaml-indent',
    message: 'this line is not indented like the ones it belongs to',
    hint: 'keys of one map start in the same column',
  },
  BAD_PROP_ORDER: syntax('an anchor or tag stands in the wrong place'),
  BAD_SCALAR_START: syntax('a value cannot begin with this character', 'quote it'),
  BLOCK_AS_IMPLICIT_KEY: syntax(
    'there is a second `: ` in this line',
    'quote the value, or put the inner key on a line of its own',
  ),
  BLOCK_IN_FLOW: syntax('inside { } and [ ] a list or map is written with brackets too'),
  DUPLICATE_KEY: syntax('this key is written twice'),
  IMPOSSIBLE: syntax('this is not YAML'),
  KEY_OVER_1024_CHARS: syntax('this key is too long'),
  MISSING_CHAR: syntax('a comma, colon, quote or bracket is missing here'),
  MULTILINE_IMPLICIT_KEY: syntax('a key must stand on one line', 'is a `: ` missing after it?'),
  MULTIPLE_ANCHORS: syntax('a value has at most one anchor'),
  MULTIPLE_DOCS: {
    code: 'multiple-documents',
    message: 'one file holds one definition: a second document begins here',
    hint: 'put it into a file of its own',
  },
  MULTIPLE_TAGS: { code: 'custom-tag', message: 'tags are not part of the language' },
  NON_STRING_KEY: { code: 'non-string-key', message: 'keys are words' },
  RESOURCE_EXHAUSTION: syntax('this is nested too deeply'),
  TAB_AS_INDENT: {
    code: 'yaml-tab',
    message: 'this line is indented with a tab',
    hint: 'indent with spaces',
  },
  TAG_RESOLVE_FAILED: {
    code: 'custom-tag',
    message: 'tags (a leading !) are not part of the language',
    hint: 'remove the tag, or quote the value',
  },
  UNEXPECTED_TOKEN: syntax('this does not belong here', 'quote the value if it is text'),
};

/** Faults the document survives: what follows them is still what was meant. */
const harmless: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'BAD_SCALAR_START',
  'TAG_RESOLVE_FAILED',
  'MULTIPLE_DOCS',
  'BAD_DIRECTIVE',
]);

/** True when the data after this error still means what was written. */
export const isHarmless = (error: YAMLError): boolean => harmless.has(error.code);

/** The fault behind a parser's error or warning. O(nodes). */
export function wordFault(error: YAMLError, text: string, document: Document): TextFault {
  const range: Range = [error.pos[0], error.pos[1]];
  return (
    unclosedFault(error, document) ?? leadFault(error, text) ?? { ...wordings[error.code], range }
  );
}

/** Brackets and quotes that never close are pointed to where they open. */
function unclosedFault({ code, message, pos }: YAMLError, document: Document): TextFault | null {
  const bracket = /^Flow |end with a/.test(message);
  const mark = code === 'MISSING_CHAR' && message.startsWith('Missing closing');
  if (!bracket && !mark) return null;
  const opened: number[] = [];
  visit(document, (_key, node) => {
    const fits = mark
      ? isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
      : isCollection(node) && node.flow === true;
    if (!fits) return;
    const range = rangeOf(node as Node);
    if (range !== null && range[0] < pos[1] && range[1] >= pos[0]) opened.push(range[0]);
  });
  const start = opened.at(-1) ?? pos[0];
  const what = bracket ? 'bracket' : 'quote';
  return {
    ...syntax(`this ${what} is not closed`, `close it; what it holds is indented below its key`),
    range: [start, start + 1],
  };
}

const leads: ReadonlyMap<string, string> = new Map([
  ['%', 'a value cannot begin with % in YAML'],
  ['@', 'a value cannot begin with @ in YAML'],
  ['`', 'a value cannot begin with ` in YAML'],
  ['*', 'a value that begins with * is an alias in YAML'],
  ['&', 'a value that begins with & is an anchor in YAML'],
  ['>', 'a value that begins with > is a block of text in YAML'],
  ['|', 'a value that begins with | is a block of text in YAML'],
  ["'", 'a value that begins with a quote ends at the closing quote'],
  ['"', 'a value that begins with a quote ends at the closing quote'],
]);

/** A value whose first character made YAML read something else than text. */
function leadFault(error: YAMLError, text: string): TextFault | null {
  if (!['BAD_SCALAR_START', 'BAD_ALIAS', 'UNEXPECTED_TOKEN'].includes(error.code)) return null;
  const [start, end] = valueAround(text, error.pos[0]);
  const message = leads.get(text[start] ?? '');
  if (message === undefined || end <= start) return null;
  const written = text.slice(start, end);
  return {
    code: 'unquoted-start',
    message,
    hint: `quote it: ${quote(written)}`,
    range: [start, end],
  };
}

/** The value on the line of `offset`: after its key or dash, up to the line's or the bracket's end. */
function valueAround(text: string, offset: number): Range {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  const before = line.slice(0, offset - lineStart);
  const lead = /^(?:.*(?:[:,] |[{[])|\s*(?:- )*)\s*/.exec(before)?.[0].length ?? 0;
  const rest = line.slice(lead);
  const stop = /[{[]/.test(line.slice(0, lead)) ? /[,}\]]|\s+#/ : /\s+#|\s*$/;
  return [lineStart + lead, lineStart + lead + rest.slice(0, rest.search(stop)).trimEnd().length];
}
