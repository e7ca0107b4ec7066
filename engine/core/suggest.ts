/** Did-you-mean, for keys, names, columns and functions alike. */
export { suggest } from './expression/suggest.ts';
