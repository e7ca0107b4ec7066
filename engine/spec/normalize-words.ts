/**
 * The words of stand-ins, for the files that only pass them on.
 */

/** Address of a connection that no server is behind, and the key of what a source reads then. */
export const serverless = 'embedded';

/** How the language offers it. */
export const serverlessHint = '`embedded` needs no server';
