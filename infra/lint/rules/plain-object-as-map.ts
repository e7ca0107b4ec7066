import type { Rule } from 'eslint';
import type * as ts from 'typescript';

interface TypedServices {
  readonly program: ts.Program;
  readonly esTreeNodeToTSNodeMap: Map<unknown, ts.Node>;
}

/**
 * Keys that come from data go into a `Map`: a plain object has `__proto__` and reorders numbers.
 * Reported where `object[key] = …` writes a key that is no literal into a string-indexed object.
 */
export const plainObjectAsMap: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { map: 'Keys from data belong in a Map, not in a plain object.' },
  },
  create(context) {
    const { program, esTreeNodeToTSNodeMap } = context.sourceCode
      .parserServices as unknown as TypedServices;
    const checker = program.getTypeChecker();
    const typeOf = (node: unknown): ts.Type | null => {
      const typed = esTreeNodeToTSNodeMap.get(node);
      return typed === undefined ? null : checker.getTypeAtLocation(typed);
    };
    return {
      'AssignmentExpression > MemberExpression.left[computed=true]'(node: Rule.Node) {
        if (node.type !== 'MemberExpression' || node.property.type === 'Literal') return;
        const key = typeOf(node.property);
        const object = typeOf(node.object);
        if (key === null || object === null) return;
        const isText = checker.isTypeAssignableTo(key, checker.getStringType());
        if (isText && !key.isStringLiteral() && object.getStringIndexType() !== undefined) {
          context.report({ node, messageId: 'map' });
        }
      },
    };
  },
};
