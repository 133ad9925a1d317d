import { useLocation, useSearchParams } from 'react-router';
import { goingTo } from './whereabouts.ts';

/** What the address says behind its `?`, and how to change it. Names that are set to nothing go. */
export function useView(): [URLSearchParams, (change: Readonly<Record<string, string | undefined>>) => void] {
  const [params, setParams] = useSearchParams();
  const { pathname } = useLocation();
  const change = (values: Readonly<Record<string, string | undefined>>): void => {
    const next = goingTo();
    // Somebody has left this page: what they typed before must not hold them back.
    if (next.pathname !== pathname) return;
    // What the address says now, which need not be what it said when this was rendered.
    const changed = new URLSearchParams(next.search);
    for (const [name, value] of Object.entries(values))
      if (value === undefined || value === '') changed.delete(name);
      else changed.set(name, value);
    setParams(changed, { replace: true });
  };
  return [params, change];
}

/** One of `known`, or nothing: an address can hold anything. */
export function oneOf<const T extends string>(known: readonly T[], text: string | null): T | undefined {
  return known.find((each) => each === text);
}
