/**
 * `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$${` (a literal `${`) in a text.
 */

/** A piece of a text: literal characters or a variable. Offsets are into the text. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      /** What stands in when it is unset or empty; may hold variables itself. */
      readonly fallback: string | null;
      /** What is said when it is unset or empty. */
      readonly complaint: string | null;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'broken'; readonly from: number; readonly to: number };

/** Cuts a text into pieces. O(length). */
export function readPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  let at = 0;
  const flush = (): void => {
    if (literal !== '') pieces.push({ kind: 'text', text: literal });
    literal = '';
  };
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      flush();
      const end = closingBrace(text, at + 2);
      pieces.push(
        end < 0 ? { kind: 'broken', from: at, to: text.length } : readVariable(text, at, end),
      );
      at = end < 0 ? text.length : end + 1;
    } else {
      literal += text[at] ?? '';
      at++;
    }
  }
  flush();
  return pieces;
}

/** The offset of the brace that closes the one before `from`, or −1; braces inside are matched. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function readVariable(text: string, from: number, end: number): Piece {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([\s\S]*))?$/.exec(text.slice(from + 2, end));
  if (match === null) return { kind: 'broken', from, to: end + 1 };
  const [, name = '', operator, rest = ''] = match;
  return {
    kind: 'variable',
    name,
    fallback: operator === '-' ? rest : null,
    complaint: operator === '?' ? rest : null,
    from,
    to: end + 1,
  };
}

/** The names of all variables of a text, those of fallbacks included. */
export function variableNames(text: string): string[] {
  return readPieces(text).flatMap((piece) =>
    piece.kind === 'variable' ? [piece.name, ...variableNames(piece.fallback ?? '')] : [],
  );
}
