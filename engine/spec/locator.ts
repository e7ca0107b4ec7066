/**
 * Paths of a definition to places in its text.
 */
import { alignScalar } from './align.ts';
import type { ScalarStyle } from './align.ts';
import type { Locator, Path } from './diagnostic.ts';
import type { Range, SourceText } from './source-text.ts';

/** A scalar as it is written. `inner` is the range between the quotes or after a block's header. */
export interface WrittenScalar {
  readonly decoded: string;
  readonly inner: Range;
  readonly style: ScalarStyle;
}

/** Where one path stands. */
export interface Place {
  readonly key: Range | null;
  readonly value: Range;
  readonly scalar: WrittenScalar | null;
}

/** Places by path. */
export interface Places {
  get(path: Path): Place | null;
  set(path: Path, place: Place): void;
  /** Makes `path`, and what is below it, stand where `target` stands: a stand-in for another key. */
  redirect(path: Path, target: Path): void;
}

/** The key a path has in a map. */
export const pathKey = (path: Path): string => JSON.stringify(path);

/** An empty collection of places. */
export function createPlaces(): Places {
  const byPath = new Map<string, Place>();
  const redirects = new Map<string, Path>();
  const resolve = (path: Path): Path => {
    for (let length = path.length; redirects.size > 0 && length > 0; length--) {
      const target = redirects.get(pathKey(path.slice(0, length)));
      if (target !== undefined) return [...target, ...path.slice(length)];
    }
    return path;
  };
  return {
    get: (path) => byPath.get(pathKey(path)) ?? byPath.get(pathKey(resolve(path))) ?? null,
    set: (path, place) => void byPath.set(pathKey(path), place),
    redirect: (path, target) => void redirects.set(pathKey(path), target),
  };
}

/** A locator over the places of a text. A path that is not written takes its nearest ancestor. */
export function createLocator(source: SourceText, places: Places): Locator {
  const nearest = (path: Path): Place => {
    for (let length = path.length; length >= 0; length--) {
      const place = places.get(path.slice(0, length));
      if (place !== null) return place;
    }
    return { key: null, value: [0, 0], scalar: null };
  };
  return {
    value: (path) => source.span(nearest(path).value),
    key(path) {
      const place = nearest(path);
      return source.span(place.key ?? place.value);
    },
    within(path, from, to) {
      const place = nearest(path);
      return source.span(
        place.scalar === null ? place.value : rangeWithin(source, place.scalar, [from, to]),
      );
    },
    lineText: (line) => source.lineText(line),
  };
}

/** The range in the text of characters [from, to) of a decoded scalar. */
function rangeWithin(source: SourceText, scalar: WrittenScalar, [from, to]: Range): Range {
  const [start, end] = scalar.inner;
  const offsets = alignScalar(scalar.decoded, source.text.slice(start, end), scalar.style);
  const last = scalar.decoded.length;
  const at = (index: number): number => start + (offsets[Math.min(Math.max(index, 0), last)] ?? 0);
  const first = at(from);
  // The end is taken after the last character, so that folded white space is not underlined.
  return [first, to > from ? Math.max(at(to - 1) + 1, first + 1) : first];
}
