import { identifier } from '../identifier.ts';
import { searchIndexPrefix } from '../search-indexes.ts';
import type { Session } from './session.ts';

/** An index that a table has, and what makes the same one on another table. */
export interface FoundIndex {
  readonly name: string;
  readonly isPrimary: boolean;
  /** From `USING` on. */
  readonly definition: string;
  readonly isUnique: boolean;
}

/** That an index is one of ours, by its row of pg_class: one that is not ready goes, and is made anew. */
export function isSearchIndex(index: string): string {
  return `starts_with(${index}.relname::text, '${searchIndexPrefix}')`;
}

/** `c` is the table, `n` its schema. What a rename would not carry over to a new table, or carry along with the old one. */
const hindrances = {
  'is not an ordinary table of this role':
    "c.relkind <> 'r' OR c.relpersistence <> 'p' OR c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)",
  'has settings of its own':
    "c.reloptions IS NOT NULL OR c.reltablespace <> 0 OR c.relreplident <> 'd' OR c.reloftype <> 0 OR c.relrowsecurity OR c.relforcerowsecurity",
  'is part of a hierarchy': 'EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))',
  'has columns with settings of their own': `EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND (atthasdef
     OR attacl IS NOT NULL OR attoptions IS NOT NULL OR attidentity <> '' OR attgenerated <> '' OR coalesce(attstattarget, -1) <> -1))`,
  'has constraints of its own': `EXISTS (SELECT FROM pg_constraint WHERE confrelid = c.oid
     OR conrelid = c.oid AND (contype NOT IN ('p', 'n') OR condeferrable))`,
  'has triggers': 'EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid)',
  'has rules or policies': `EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)
     OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)`,
  'has statistics, comments or labels': `EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = c.oid)
     OR EXISTS (SELECT FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = c.oid)
     OR EXISTS (SELECT FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = c.oid)`,
  'is published': `EXISTS (SELECT FROM pg_publication WHERE puballtables)
     OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = c.oid)
     OR EXISTS (SELECT FROM pg_publication_namespace WHERE pnnspid = c.relnamespace)`,
  'has grants by others': 'EXISTS (SELECT FROM aclexplode(c.relacl) WHERE grantor <> c.relowner)',
  'belongs to something': `EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype <> 'n')`,
  'is what views or functions are made of': `EXISTS (SELECT FROM pg_depend d WHERE refclassid = 'pg_class'::regclass AND refobjid = c.oid AND NOT
       CASE classid WHEN 'pg_class'::regclass THEN (SELECT relkind IN ('i', 't') FROM pg_class WHERE oid = d.objid)
         WHEN 'pg_type'::regclass THEN deptype = 'i' WHEN 'pg_constraint'::regclass THEN true ELSE false END)
     OR EXISTS (SELECT FROM pg_type y JOIN pg_depend d ON refclassid = 'pg_type'::regclass AND refobjid IN (y.oid, y.typarray)
       WHERE y.oid = c.reltype AND NOT (classid = 'pg_type'::regclass AND objid = y.typarray))`,
  'has indexes that cannot be made again': `EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = indexrelid WHERE indrelid = c.oid AND NOT ${isSearchIndex('x')} AND (
       NOT indisvalid OR NOT indisready OR indisclustered OR indisreplident OR x.reltablespace <> 0
       OR EXISTS (SELECT FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = x.oid)
       OR NOT starts_with(pg_get_indexdef(x.oid), format('CREATE %sINDEX %I ON %I.%I USING ',
         CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END, x.relname, n.nspname, c.relname))))`,
} as const;

/** An index of others that refuses nothing but what is too long for it: with `i` its row of pg_index and `x` that of pg_class. */
const isPlain = `indisready AND indexprs IS NULL AND indpred IS NULL AND NOT indisunique AND NOT indisexclusion
  AND (SELECT amname FROM pg_am WHERE oid = x.relam) IN ('btree', 'hash')`;
const isOfOthers = `NOT indisprimary AND NOT ${isSearchIndex('x')}`;

/** What may refuse a row, and nobody can tell beforehand which. */
const refusers = {
  'has constraints of its own': hindrances['has constraints of its own'],
  'has triggers': hindrances['has triggers'],
  'has rules or policies': hindrances['has rules or policies'],
  'has indexes that others have made of more than its columns': `EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = indexrelid
     WHERE indrelid = c.oid AND ${isOfOthers} AND NOT (${isPlain}))`,
} as const;

/**
 * Why another table cannot take the place of this one without anybody noticing, or null. What other programs have made of a
 * table or for it would stay with the old one.
 */
export function hindrance(session: Session, table: string): Promise<string | null> {
  return firstThatHolds(session, table, hindrances);
}

/** What others have made of a table that may refuse a row for another reason than its length, or null. */
export function refuser(session: Session, table: string): Promise<string | null> {
  return firstThatHolds(session, table, refusers);
}

/** The columns of each index that others have made of a table. Of a table without a `refuser`. */
export async function columnsOfOthersIndexes(session: Session, table: string): Promise<string[][]> {
  const rows = await session.rows<{ columns: string }>(
    `SELECT (SELECT json_agg(attname) FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey))::text AS columns
     FROM pg_index i JOIN pg_class x ON x.oid = indexrelid WHERE indrelid = to_regclass($1) AND ${isOfOthers}`,
    identifier(table),
  );
  return rows.map(({ columns }) => JSON.parse(columns) as string[]);
}

async function firstThatHolds(
  session: Session,
  table: string,
  conditions: Readonly<Record<string, string>>,
): Promise<string | null> {
  const cases = Object.entries(conditions).map(([what, condition]) => `WHEN ${condition} THEN '${what}'`);
  const row = await session.one<{ reason: string | null }>(
    `SELECT CASE ${cases.join(' ')} END AS reason FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE c.oid = to_regclass($1)`,
    identifier(table),
  );
  return row === undefined ? 'is not there' : row.reason;
}

/** All indexes of a table without a hindrance. */
export async function indexesOf(session: Session, table: string): Promise<FoundIndex[]> {
  const rows = await session.rows<{
    name: string;
    is_primary: boolean;
    is_unique: boolean;
    definition: string;
  }>(
    `SELECT x.relname AS name, indisprimary AS is_primary, indisunique AS is_unique, substr(pg_get_indexdef(x.oid), length(format(
       'CREATE %sINDEX %I ON %I.%I ', CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END, x.relname, n.nspname, c.relname)) + 1) AS definition
     FROM pg_index JOIN pg_class x ON x.oid = indexrelid JOIN pg_class c ON c.oid = indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE indrelid = to_regclass($1) AND (indisvalid OR NOT ${isSearchIndex('x')}) ORDER BY x.relname`,
    identifier(table),
  );
  return rows.map(({ name, definition, is_primary: isPrimary, is_unique: isUnique }) => ({
    ...{ name, definition, isPrimary, isUnique },
  }));
}

/** Statements that grant on another table what is granted on this one. */
export async function grantsOf(session: Session, table: string, onto: string): Promise<string[]> {
  const rows = await session.rows<{ statement: string }>(
    `SELECT format('GRANT %s ON TABLE %s TO %s%s', privilege_type, $2::text,
       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
       CASE WHEN is_grantable AND grantee <> relowner THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
     FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass($1)`,
    ...[identifier(table), onto],
  );
  // Where nothing was ever granted, the owner's rights are not written down either.
  if (rows.length === 0) return [];
  return [`REVOKE ALL ON TABLE ${onto} FROM CURRENT_USER`, ...rows.map(({ statement }) => statement)];
}
