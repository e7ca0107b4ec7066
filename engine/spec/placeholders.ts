/** `{NAME}` in addresses and templates: filled in when something is asked, unlike `${NAME}`. */

/** What stands between the braces of a text, in order. */
export const placeholdersOf = (text: string): string[] =>
  Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name = '']) => name);

/** The placeholders that are variables of the environment: those in capitals. */
export const variablesIn = (text: string): string[] => [
  ...new Set(placeholdersOf(text).filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name))),
];
