/**
 * Teaches the syntax-tree visitor of @swc/core 1.16.18 the declarations `using` and `await using`. It stops at
 * them ("Unknown statement type"), and dependency-cruiser with it. Drop this file when a plain run of the import
 * rules no longer needs it: test/import-rules.test.ts has a file with both.
 */
import { createRequire } from 'node:module';

const { Visitor } = createRequire(import.meta.url)('@swc/core/Visitor.js');
const visitor = Visitor.prototype;
const { visitStatement, visitForOfStatement } = visitor;

visitor.visitStatement = function visitStatementOrUsing(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};

visitor.visitForOfStatement = function visitForOfOrUsing(statement) {
  if (statement.left.type !== 'UsingDeclaration') return visitForOfStatement.call(this, statement);
  statement.right = this.visitExpression(statement.right);
  statement.body = this.visitStatement(statement.body);
  return statement;
};
