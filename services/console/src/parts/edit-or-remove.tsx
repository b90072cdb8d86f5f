import { Button, Group } from '@mantine/core';
import { text } from '../text.ts';
import { confirm } from './confirm.tsx';

interface Props {
  readonly edit: () => void;
  /** Asked for once more before it runs. */
  readonly remove: { readonly title: string; readonly text: string; readonly run: () => void };
}

/** What can be done with one row of a table. */
export function EditOrRemove({ edit, remove }: Props) {
  return (
    <Group gap="xs" justify="flex-end">
      <Button size="xs" variant="default" onClick={edit}>
        {text.keys.edit}
      </Button>
      <Button
        size="xs"
        color="red"
        variant="outline"
        onClick={() => confirm({ ...remove, action: text.actions.remove })}
      >
        {text.actions.remove}
      </Button>
    </Group>
  );
}
