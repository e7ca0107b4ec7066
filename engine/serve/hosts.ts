/**
 * Host names a request may be for. A page of the web can have a browser ask a server of this machine
 * under a name of its own (DNS rebinding); the Host header then gives it away.
 */

const LOCAL = ['localhost', '127.0.0.1', '::1'];

/** The name in a Host header, without port and brackets, in small letters; null when it is none. */
export function hostNameOf(header: string | undefined): string | null {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d+)?$/i.exec(header ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}

/** Whether a Host header names this machine, the address listened on, or one of `allowed`. */
export function hostCheck(
  listensOn: string,
  allowed: readonly string[],
): (header: string | undefined) => boolean {
  const names = new Set([...LOCAL, listensOn, ...allowed].map((name) => name.toLowerCase()));
  return (header) => {
    const name = hostNameOf(header);
    return name !== null && names.has(name);
  };
}
