/** Options of commands that read definitions; what reads them is loaded by who acts. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { instant } from './option-value.ts';

/** Flags of every command that reads a definition. */
export interface DefinitionFlags {
  /** `NAME=value`, from --set. */
  readonly set?: readonly string[];
  /** From --env-file. */
  readonly envFile?: string;
  /** From --bounded. */
  readonly bounded?: boolean;
  /** From --simulate. */
  readonly simulate?: boolean;
  /** From --extension: paths or URLs. */
  readonly extension?: readonly string[];
  /** From --now: epoch ms. */
  readonly now?: number;
}

/** Adds --extension to a command, and loads what it names before the command acts. */
export const withExtensions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--extension <module>',
        'a module with stages and aggregates (may be repeated)',
      ).argParser((value: string, before: readonly string[] | undefined) => [
        ...(before ?? []),
        value,
      ]),
    )
    .hook('preAction', async (_, action) => {
      const { extension = [] } = action.opts<DefinitionFlags>();
      if (extension.length === 0) return;
      const { loadExtensions } = await import('../core/extension/load.ts');
      await loadExtensions(extension.map(extensionUrl));
    });

/** Adds --set, --extension, --env-file and --now to a command. */
export const withDefinitionOptions = (command: Command): Command =>
  withExtensions(
    command.addOption(
      new Option('--set <NAME=value>', 'set a variable or parameter (may be repeated)').argParser(
        (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
      ),
    ),
  )
    .option('--env-file <file>', 'read variables from this file instead of .env')
    .option(
      '--now <time>',
      'what ages such as 5m are counted from, e.g. 2024-03-28T22:30:00Z (default: the clock)',
      instant,
    );

/** A path is one of this directory; a URL with a scheme stays what it is. */
export const extensionUrl = (module: string): string =>
  /^[a-z]{2,}:/.test(module) ? module : pathToFileURL(resolve(module)).href;
