import { Modal } from '@mantine/core';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { text } from '../text.ts';
import { closeDialog, closeDialogs, dropDialog, useDialogs, type Dialog } from './dialog.ts';
import { unlessUnsaved, UnsavedIn } from './unsaved.ts';

/** Every dialog that is open. Those of one view do not follow to the next. */
export function Dialogs() {
  const dialogs = useDialogs();
  const [location] = useLocation();
  useEffect(closeDialogs, [location]);
  return (
    <Modal.Stack>
      {dialogs.map((dialog) => (
        <OpenDialog key={dialog.id} of={dialog} />
      ))}
    </Modal.Stack>
  );
}

function OpenDialog({ of: { id, title, size = 'md', opener, opened, content } }: { of: Dialog }) {
  useEffect(() => {
    // the library's own way forgets the opener when one dialog opens above another
    if (!opened && opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  }, [opened, opener]);
  return (
    <Modal
      stackId={id}
      title={title}
      size={size}
      opened={opened}
      returnFocus={false}
      onClose={() => unlessUnsaved(() => closeDialog(id), id)}
      onExitTransitionEnd={() => dropDialog(id)}
      closeButtonProps={{ 'aria-label': text.actions.close }}
    >
      <UnsavedIn value={id}>{content(() => closeDialog(id))}</UnsavedIn>
    </Modal>
  );
}
