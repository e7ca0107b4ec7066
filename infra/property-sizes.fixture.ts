/**
 * Setup of the unit tests: an array of at most 400 has up to 400 elements; by fast-check's default ten
 * at most. `npm run fuzz` makes many more that are as small as that.
 */
import fc from 'fast-check';

fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: process.env['FUZZ'] !== 'all' });
