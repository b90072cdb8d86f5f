import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { text } from '../text.ts';

/** Asks before what cannot be undone. */
export function confirm(options: { title: string; text: string; action: string; run: () => void }): void {
  modals.openConfirmModal({
    title: options.title,
    children: <Text size="sm">{options.text}</Text>,
    labels: { confirm: options.action, cancel: text.actions.cancel },
    confirmProps: { color: 'red' },
    onConfirm: options.run,
  });
}
