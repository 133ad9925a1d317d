import { useEffect, useRef } from 'react';
import { useNavigation, useSearchParams } from 'react-router';

/** What the address says behind its `?`, and how to change it. Names that are set to nothing go. */
export function useView(): [URLSearchParams, (change: Readonly<Record<string, string | undefined>>) => void] {
  const [params, setParams] = useSearchParams();
  const navigation = useNavigation();
  const latest = useRef(navigation);
  useEffect(() => {
    latest.current = navigation;
  }, [navigation]);
  const change = (values: Readonly<Record<string, string | undefined>>): void => {
    // Somebody is on the way to another page, which is still being loaded: a place in this list must not hold them back.
    const next = latest.current.location;
    if (next !== undefined && next.pathname !== location.pathname) return;
    // What it says now, which need not be what it said when this was rendered.
    const changed = new URLSearchParams(location.search);
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
