/** The licences of what is bundled: all of them ask for their text to come with the code. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

/**
 * The text of THIRD-PARTY-LICENSES for modules by their absolute paths; those of no package count
 * for nothing. Throws for a package that brings no licence.
 */
export function licencesOf(modules: Iterable<string>): string {
  const found = new Set<string>();
  for (const path of modules) {
    const directory = PACKAGE.exec(path)?.[0];
    if (directory !== undefined) found.add(directory);
  }
  const texts = [...found].sort().map(licenceOf);
  return `This package contains code of the following packages.\n${texts.join('')}`;
}

function licenceOf(directory: string): string {
  const manifest = readFileSync(join(directory, 'package.json'), 'utf8');
  const { name, version, license } = JSON.parse(manifest) as Record<string, string>;
  const files = readdirSync(directory).filter((file) => LICENCE.test(file));
  if (files.length === 0) throw new Error(`${name} brings no licence`);
  const texts = files.sort().map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return `\n${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}
