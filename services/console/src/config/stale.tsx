import { Alert, Button, Group, Text } from '@mantine/core';
import { text } from '../text.ts';
import type { Draft } from './draft.ts';

/** Somebody else applied a change while this one was made. */
export function Stale({ draft }: { draft: Draft }) {
  if (!draft.stale) return null;
  return (
    <Alert color="yellow">
      <Group>
        <Text size="sm">{text.config.stale}</Text>
        <Button size="xs" variant="default" onClick={draft.reload}>
          {text.config.reload}
        </Button>
      </Group>
    </Alert>
  );
}
