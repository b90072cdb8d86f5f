import { createElement } from 'react';
import type { Token } from '../api/types.ts';
import { openDialog } from '../parts/dialog.ts';
import { text } from '../text.ts';
import { Connect } from './connect.tsx';

/** Connects a new credential, or one again that is there. */
export function openConnect(again?: Pick<Token, 'credential' | 'provider'>): void {
  const title = again === undefined ? text.connect.title : text.connect.reauthorizeTitle(again.credential);
  openDialog({
    title,
    size: 'lg',
    content: (close) => createElement(Connect, { again, close }),
  });
}
