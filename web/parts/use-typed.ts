import { useEffect, useRef, useState } from 'react';

/** How long somebody who types is left alone, in milliseconds. */
const pauseMs = 200;

export interface Typed {
  readonly value: string;
  readonly type: (text: string) => void;
  /** At once, as with Enter, or when somebody goes on to something else. */
  readonly flush: () => void;
}

/** A text that is being typed, and handed on once there is a pause. @param given what it is meanwhile, if others change it too */
export function useTyped(given: string, onPause: (text: string) => void): Typed {
  const [typed, setTyped] = useState<{ text: string; over: string } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const value = typed !== null && typed.over === given ? typed.text : given;
  const hand = (text: string): void => {
    clearTimeout(timer.current);
    if (text !== given) onPause(text);
  };
  return {
    value,
    type(text) {
      setTyped({ text, over: given });
      clearTimeout(timer.current);
      timer.current = setTimeout(() => hand(text), pauseMs);
    },
    flush: () => hand(value),
  };
}
