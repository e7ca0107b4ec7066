/** The SQLite that comes with Node, loaded when it is needed. */
import type * as sqlite from 'node:sqlite';

/** node:sqlite without the notice that Node 22 prints about it. */
export function loadSqlite(): typeof sqlite {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The result code of an SQLite error without its extension, or null for any other error. */
export function sqliteCodeOf(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return null;
  return Number(thrown.errcode) & 0xff;
}
