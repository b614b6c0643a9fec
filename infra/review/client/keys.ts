/// <reference lib="dom" />
import { useLayoutEffect } from 'preact/hooks';

/** Calls what stands under a key. Text fields keep their letters: there only `Escape` and `Ctrl+Enter` are heard. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  // Before the next key: what it means depends on what the last one did.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const isSave = (event.ctrlKey || event.metaKey) && event.key === 'Enter';
      if (event.defaultPrevented || (!isSave && (event.ctrlKey || event.metaKey || event.altKey))) return;
      const name = isSave ? 'Ctrl+Enter' : event.key;
      if (isTyping(event.target) && !isSave && event.key !== 'Escape') return;
      const action = actions[name];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select, dialog, dialog *');
}
