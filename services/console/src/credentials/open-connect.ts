import { modals } from '@mantine/modals';
import { createElement } from 'react';
import type { Token } from '../api/types.ts';
import { text } from '../text.ts';
import { Connect } from './connect.tsx';

/** Connects a new credential, or one again that is there. */
export function openConnect(again?: Pick<Token, 'credential' | 'provider'>): void {
  const title = again === undefined ? text.connect.title : text.connect.reauthorizeTitle(again.credential);
  const modalId = modals.open({
    title,
    size: 'lg',
    children: createElement(Connect, { again, close: () => modals.close(modalId) }),
  });
}
