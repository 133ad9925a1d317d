/** Where a key leads to in a list, as WAI-ARIA's grid has it; `null`: nowhere. */
export function gridKey(key: string, active: number | null, count: number, page: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
      return active === null ? 0 : Math.min(last, active + 1);
    case 'ArrowUp':
      return active === null ? 0 : Math.max(0, active - 1);
    case 'PageDown':
      return Math.min(last, (active ?? 0) + page);
    case 'PageUp':
      return Math.max(0, (active ?? 0) - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
