import { Button, Group, Stack, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { messageOf } from '../api/problem.ts';
import { useUnsaved } from './unsaved.ts';

interface Props {
  readonly change: Pick<UseMutationResult<unknown, unknown>, 'error' | 'isPending' | 'isSuccess'>;
  readonly submit: () => void;
  /** What is in its fields: where it is not what was there first, it would be lost. */
  readonly values: unknown;
  /** On the button. */
  readonly action: string;
  readonly children: ReactNode;
}

/** A form that makes one change, and says why where it was refused. */
export function ChangeForm({ change, submit, values, action, children }: Props) {
  const written = JSON.stringify(values);
  const [first] = useState(written);
  useUnsaved(written !== first && !change.isSuccess);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        {children}
        <Group justify="flex-end">
          <Text size="sm" c="red" role="alert">
            {change.error === null ? '' : messageOf(change.error)}
          </Text>
          <Button type="submit" loading={change.isPending}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
