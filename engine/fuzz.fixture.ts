/** How much random tests try. */

/**
 * The number of cases of a property: a share of them in every run of the tests, all of them where
 * FUZZ=all is set, as `npm run fuzz` does.
 */
export const cases = ({ share, all }: { share: number; all: number }): number =>
  process.env['FUZZ'] === 'all' ? all : share;
