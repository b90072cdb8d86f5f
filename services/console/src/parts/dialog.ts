import { useSyncExternalStore, type ReactNode } from 'react';

interface Opening {
  readonly title: string;
  readonly size?: 'md' | 'lg' | 'xl';
  /** What is in it; `close` closes without asking. */
  readonly content: (close: () => void) => ReactNode;
}

export interface Dialog extends Opening {
  readonly id: string;
  /** What had the focus before, and gets it back. */
  readonly opener: Element | null;
  /** False while it fades away. */
  readonly opened: boolean;
}

let dialogs: readonly Dialog[] = [];
let count = 0;
const listeners = new Set<() => void>();

/** Opens it above those that are open: they keep what was typed into them. */
export function openDialog(opening: Opening): void {
  count += 1;
  become([...dialogs, { ...opening, id: `dialog-${count}`, opener: document.activeElement, opened: true }]);
}

export function closeDialog(id: string): void {
  become(dialogs.map((one) => (one.id === id ? { ...one, opened: false } : one)));
}

export function closeDialogs(): void {
  become(dialogs.map((one) => ({ ...one, opened: false })));
}

/** Once it has faded away. */
export function dropDialog(id: string): void {
  become(dialogs.filter((one) => one.id !== id));
}

/** The lowest first. */
export function useDialogs(): readonly Dialog[] {
  return useSyncExternalStore(listen, () => dialogs);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: readonly Dialog[]): void {
  dialogs = next;
  for (const listener of listeners) listener();
}
