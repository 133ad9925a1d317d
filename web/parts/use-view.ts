import { useSearchParams } from 'react-router';

/** What the address says behind its `?`, and how to change it. Names that are set to nothing go. */
export function useView(): [URLSearchParams, (change: Readonly<Record<string, string | undefined>>) => void] {
  const [params, setParams] = useSearchParams();
  const change = (values: Readonly<Record<string, string | undefined>>): void => {
    // What it says now, which need not be what it said when this was rendered.
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values))
      if (value === undefined || value === '') next.delete(name);
      else next.set(name, value);
    setParams(next, { replace: true });
  };
  return [params, change];
}

/** One of `known`, or nothing: an address can hold anything. */
export function oneOf<const T extends string>(known: readonly T[], text: string | null): T | undefined {
  return known.find((each) => each === text);
}
