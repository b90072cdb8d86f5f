import { Button, Group, Stack, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { messageOf } from '../api/problem.ts';

interface Props {
  readonly change: Pick<UseMutationResult<unknown, unknown>, 'error' | 'isPending'>;
  readonly submit: () => void;
  /** On the button. */
  readonly action: string;
  readonly children: ReactNode;
}

/** A form that makes one change, and says why where it was refused. */
export function ChangeForm({ change, submit, action, children }: Props) {
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
