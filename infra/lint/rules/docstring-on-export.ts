import type { Rule } from 'eslint';

/** Every exported declaration has a docstring; of overloads the first one carries it. */
export const docstringOnExport: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { missing: 'An export starts with a docstring: `/** One sentence. */`' },
  },
  create(context) {
    const documented = new Set<string>();
    return {
      'ExportNamedDeclaration[declaration]'(node: Rule.Node) {
        const name = overloadName(node);
        if (name !== null && documented.has(name)) return;
        const comment = context.sourceCode.getCommentsBefore(node).at(-1);
        if (comment?.type === 'Block' && comment.value.startsWith('*')) {
          if (name !== null) documented.add(name);
          return;
        }
        context.report({ node, messageId: 'missing' });
      },
    };
  },
};

/** The name of an exported function, else null: only functions have several declarations. */
function overloadName(node: Rule.Node): string | null {
  if (node.type !== 'ExportNamedDeclaration') return null;
  const { declaration } = node as { declaration?: { type: string; id?: { name?: string } } };
  const isFunction = /^(TSDeclareFunction|FunctionDeclaration)$/.test(declaration?.type ?? '');
  return isFunction ? (declaration?.id?.name ?? null) : null;
}
