/** Entity tags: what a client has already need not be sent again. */
import { createHash } from 'node:crypto';

/** The tag of a body: equal bodies have equal tags. O(length). */
export const entityTagOf = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;

/** Whether an If-None-Match header names the tag; weak tags compare as strong ones (RFC 9110, 13.1.2). */
export function isNamed(tag: string, header: string | undefined): boolean {
  if (header === undefined) return false;
  const named = header.split(',').map((text) => text.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(tag);
}
