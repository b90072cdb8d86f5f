import { Button, Group, Stack, Text } from '@mantine/core';
import { text } from '../text.ts';
import { openDialog } from './dialog.ts';

interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly cancel?: string;
  readonly run: () => void;
}

/** Asks before what cannot be undone. */
export function confirm({ title, text: says, action, cancel = text.actions.cancel, run }: Question): void {
  openDialog({
    title,
    content: (close) => (
      <Stack>
        <Text size="sm">{says}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {cancel}
          </Button>
          <Button
            color="red"
            onClick={() => {
              close();
              run();
            }}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    ),
  });
}
