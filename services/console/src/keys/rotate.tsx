import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import type { ClientKey } from '../api/types.ts';
import { openDialog } from '../parts/dialog.ts';
import { text } from '../text.ts';
import { NewKey } from './new-key.tsx';

export function openRotate(key: ClientKey): void {
  openDialog({
    title: text.keys.rotateTitle(key.name),
    size: 'lg',
    content: (close) => <Rotate of={key} close={close} />,
  });
}

function Rotate({ of: { id }, close }: { of: ClientKey; close: () => void }) {
  const [overlap, setOverlap] = useState<string | number>(3600);
  const rotate = useChange(
    () => call<ClientKey>('POST', `/api/keys/${id}/rotate`, { body: { overlapSeconds: Number(overlap) } }),
    { touches: ['keys'] },
  );
  if (rotate.data?.key !== undefined) return <NewKey value={rotate.data.key} close={close} />;
  return (
    <Stack>
      <Text size="sm">{text.keys.rotateText}</Text>
      <NumberInput label={text.keys.overlap} min={0} value={overlap} onChange={setOverlap} data-autofocus />
      <Group justify="flex-end">
        <Button loading={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
          {text.keys.rotate}
        </Button>
      </Group>
    </Stack>
  );
}
