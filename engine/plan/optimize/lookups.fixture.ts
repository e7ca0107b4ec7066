import { KeyDictionary } from '../../core/key.ts';

/** How many keys are looked up in dictionaries while something runs. */
export function lookupsIn(run: () => unknown): number {
  const original = Object.getOwnPropertyDescriptor(KeyDictionary.prototype, 'idOf');
  const idOf = original?.value as KeyDictionary['idOf'];
  let lookups = 0;
  KeyDictionary.prototype.idOf = function (this: KeyDictionary, ...args) {
    lookups++;
    return idOf.apply(this, args);
  };
  try {
    run();
  } finally {
    KeyDictionary.prototype.idOf = idOf;
  }
  return lookups;
}
