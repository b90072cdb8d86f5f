import { Alert, Button, Group, Stack } from '@mantine/core';
import { Copyable } from '../parts/copy.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { text } from '../text.ts';
import { SetUp } from '../try/set-up.tsx';

/** A key that was just made: the one time that it can be seen. */
export function NewKey({ value, close }: { value: string; close: () => void }) {
  useUnsaved(true);
  return (
    <Stack>
      <Alert color="teal" role="status">
        {text.keys.created}
      </Alert>
      <Copyable value={value} />
      <SetUp clientKey={value} />
      <Group justify="flex-end">
        <Button onClick={close} data-autofocus>
          {text.connect.done}
        </Button>
      </Group>
    </Stack>
  );
}
