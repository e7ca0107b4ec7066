import type { Rule } from 'eslint';

/**
 * Stand-ins are resolved in spec/normalize and implemented in io/embedded: whoever else says the
 * word has a branch that belongs there. Paths of imports are no words.
 */
export const embeddedWord: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { word: '"embedded" is resolved in spec/normalize: nothing after it may know.' },
  },
  create(context) {
    const check = (node: Rule.Node, text: unknown): void => {
      if (typeof text === 'string' && /embedded/i.test(text)) {
        context.report({ node, messageId: 'word' });
      }
    };
    return {
      Identifier: (node) => check(node, node.name),
      PrivateIdentifier: (node) => check(node, node.name),
      TemplateElement: (node) => check(node, node.value.raw),
      Literal(node) {
        if (!isModulePath(node)) check(node, node.value);
      },
    };
  },
};

const importing = /^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/;

function isModulePath(node: Rule.Node): boolean {
  const parent = node.parent as { type: string; source?: unknown } | null;
  return parent !== null && importing.test(parent.type) && parent.source === node;
}
