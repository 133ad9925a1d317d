export const sourceKinds = ['longhaul', 'plain', 'url', 'file', 'folder'] as const;

/**
 * `longhaul`: a source server of ours; `plain`: knows only `/sense` → `{"status":0|1}` and `/read`; `url`: the address of one
 * CSV; `file`, `folder`: of this machine.
 */
export type SourceKind = (typeof sourceKinds)[number];
