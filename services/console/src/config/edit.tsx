import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { ConfigState, Mistake, Validation } from '../api/types.ts';
import { text } from '../text.ts';
import { openApply } from './apply.tsx';
import { useDraft } from './draft.ts';
import { Editor } from './editor.tsx';
import { Stale } from './stale.tsx';

/** The text in force, edited: what is wrong is said while one types; nothing is in force before it is applied. */
export function Edit({ state }: { state: ConfigState }) {
  const draft = useDraft(state);
  const { base, text: edited, changed } = draft;
  const may = useMay('admin');
  const [checked] = useDebouncedValue(edited, 400);
  const validation = useQuery({
    queryKey: ['config-validation', checked],
    queryFn: () => call<Validation>('POST', '/api/config/validate', { body: { text: checked } }),
    enabled: checked !== base.text,
    placeholderData: (before) => before,
    gcTime: 30_000,
  });
  const mistakes = changed ? (validation.data?.mistakes ?? []) : [];
  return (
    <Stack>
      {state.file?.mistakes !== undefined && state.file.mistakes.length > 0 && (
        <Alert color="orange" title={text.config.fileProblem}>
          <Mistakes of={state.file.mistakes} />
        </Alert>
      )}
      <Stale draft={draft} />
      <Editor key={base.revision} value={edited} onChange={draft.write} mistakes={mistakes} readOnly={!may} />
      <Group justify="space-between" align="flex-start">
        <div role="status" aria-live="polite">
          {changed && validation.data?.valid === true && (
            <Text size="sm" c="teal">
              {text.config.valid}
            </Text>
          )}
          {mistakes.length > 0 && (
            <>
              <Text size="sm" c="red">
                {text.config.mistakes(mistakes.length)}
              </Text>
              <Mistakes of={mistakes} />
            </>
          )}
          {!changed && (
            <Text size="sm" c="dimmed">
              {may ? text.config.editHelp : text.actions.roleNeeded('admin')}
            </Text>
          )}
        </div>
        {may && (
          <Group>
            <Button variant="default" disabled={!changed} onClick={() => draft.write(base.text)}>
              {text.routing.undo}
            </Button>
            <Button
              disabled={!changed || draft.stale || mistakes.length > 0 || validation.isFetching}
              onClick={() => openApply(draft)}
            >
              {text.config.review}
            </Button>
          </Group>
        )}
      </Group>
    </Stack>
  );
}

function Mistakes({ of }: { of: readonly Mistake[] }) {
  return (
    <List size="sm">
      {of.map(({ path, message }) => (
        <List.Item key={`${path}: ${message}`}>
          {path !== '' && <b>{path}: </b>}
          {message}
        </List.Item>
      ))}
    </List>
  );
}
