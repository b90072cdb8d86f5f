import { createContext, useContext, useEffect } from 'react';
import type { RouterOptions } from 'wouter';
import { text } from '../text.ts';
import { confirm } from './confirm.tsx';

/** The dialog that a part stands in; undefined for one that stands in a view. */
const Place = createContext<string | undefined>(undefined);
export const UnsavedIn = Place.Provider;

/** Who holds what would be lost, and the dialog where it stands. */
const holders = new Map<symbol, string | undefined>();

/** While `unsaved`, nobody leaves the view, closes the dialog around it or closes the tab without being asked. */
export function useUnsaved(unsaved: boolean): void {
  const dialog = useContext(Place);
  useEffect(() => {
    if (!unsaved) return;
    const holder = Symbol(dialog);
    holders.set(holder, dialog);
    window.addEventListener('beforeunload', refuse);
    return () => {
      holders.delete(holder);
      if (holders.size === 0) window.removeEventListener('beforeunload', refuse);
    };
  }, [unsaved, dialog]);
}

/**
 * Runs what throws changes away, after a question where there are any.
 *
 * @param dialog the one whose changes are meant; without it, all
 */
export function unlessUnsaved(run: () => void, dialog?: string): void {
  const lost = [...holders].filter(([, place]) => dialog === undefined || place === dialog);
  if (lost.length === 0) return run();
  confirm({
    title: text.unsaved.title,
    text: text.unsaved.text,
    action: text.unsaved.leave,
    cancel: text.unsaved.stay,
    run: () => {
      for (const [holder] of lost) holders.delete(holder);
      run();
    },
  });
}

/** For the router: links and tabs. */
export const askFirst: NonNullable<RouterOptions['aroundNav']> = (navigate, to, options) =>
  unlessUnsaved(() => navigate(to, options));

/** The browser's own back and forward, where it lets a page refuse them (the Navigation API). */
export function guardHistory(): void {
  window.navigation?.addEventListener('navigate', (event) => {
    const { navigationType, destination, cancelable } = event;
    if (navigationType !== 'traverse' || !destination.sameDocument || !cancelable || holders.size === 0)
      return;
    event.preventDefault();
    unlessUnsaved(() => void window.navigation.traverseTo(destination.key));
  });
}

function refuse(event: Event): void {
  event.preventDefault();
}
