/**
 * What a new source does to one of its name: a source without a URL, remembered only to be paused, it replaces in the same step,
 * and is paused as that one is. In two steps a master could find it unpaused in between.
 */
export const replacePausedName = `ON CONFLICT (name) DO UPDATE
  SET url = excluded.url, kind = excluded.kind, dataset = excluded.dataset, token_file = excluded.token_file,
    guarded = excluded.guarded, added_ms = excluded.added_ms
  WHERE _longhaul_sources.url = ''`;

/** What is remembered only to be paused need not be once it is resumed; in one step, for it may be replaced meanwhile. @param name where the name is put in */
export function forgetPausedName(name: '?' | '$1'): string {
  return `DELETE FROM _longhaul_sources WHERE name = ${name} AND url = ''`;
}
