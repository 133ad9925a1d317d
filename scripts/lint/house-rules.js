/**
 * oxlint rules for what ARCHITECTURE.md asks and no rule of the shelf can say. Which folders are exempt stands
 * in .oxlintrc.json. Plain JavaScript: the linter loads this file with whatever Node it runs on.
 */

const clockReason =
  'Only src/runtime reads the time. Take a Clock (src/runtime/clock.ts) as a parameter, so that tests can hand theirs.';
const environmentReason =
  'Only src/config reads the environment. Add an entry to the options table and take the value as a parameter.';
const reexportReason =
  'No barrels: import from the file that makes it, or the import rules cannot see who uses what. Only src/index.ts re-exports.';

/** Whether a node is `object.property`, also written `object['property']`. */
function isMember(node, object, property) {
  if (node.object.type !== 'Identifier' || node.object.name !== object) return false;
  return node.computed ? node.property.value === property : node.property.name === property;
}

const clock = {
  create(context) {
    const report = (node) => context.report({ node, message: clockReason });
    return {
      MemberExpression(node) {
        if (isMember(node, 'Date', 'now')) report(node);
        if (isMember(node, 'performance', 'now') || isMember(node, 'performance', 'timeOrigin')) report(node);
        if (isMember(node, 'process', 'hrtime') || isMember(node, 'process', 'uptime')) report(node);
      },
      // With arguments it only converts: `new Date(ms)`.
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node);
      },
      // Called without `new`, Date gives the present whatever the arguments.
      CallExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'Date') report(node);
      },
      ImportDeclaration(node) {
        if (/^(node:)?perf_hooks$/.test(node.source.value)) report(node);
      },
    };
  },
};

const environment = {
  create(context) {
    const report = (node) => context.report({ node, message: environmentReason });
    return {
      MemberExpression(node) {
        if (isMember(node, 'process', 'env')) report(node);
      },
      ImportDeclaration(node) {
        if (!/^(node:)?process$/.test(node.source.value)) return;
        for (const specifier of node.specifiers) if (specifier.imported?.name === 'env') report(specifier);
      },
    };
  },
};

const noReexport = {
  create(context) {
    const report = (node) => context.report({ node, message: reexportReason });
    return {
      ExportAllDeclaration: report,
      ExportNamedDeclaration(node) {
        if (node.source) report(node);
      },
    };
  },
};

export default {
  meta: { name: 'longhaul' },
  rules: { clock, environment, 'no-reexport': noReexport },
};
