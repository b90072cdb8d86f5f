import { Alert, Button, Group, List, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import type { Validation } from '../api/types.ts';
import { openDialog } from '../parts/dialog.ts';
import { Diff } from '../parts/diff.tsx';
import { Failure } from '../parts/failure.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import type { Draft } from './draft.ts';

/** Shows what a change of the configuration is, and applies it unless somebody else was faster. */
export function openApply(draft: Draft): void {
  openDialog({
    title: text.config.review,
    size: 'xl',
    content: (close) => <Apply draft={draft} close={close} />,
  });
}

function Apply({ draft, close }: { draft: Draft; close: () => void }) {
  const { text: document, base } = draft;
  const [comment, setComment] = useState('');
  const validation = useQuery({
    queryKey: ['config-validation', document],
    queryFn: () => call<Validation>('POST', '/api/config/validate', { body: { text: document } }),
  });
  const apply = useChange(
    () =>
      call<{ revision: number }>('PUT', '/api/config', {
        body: { text: document, ...(comment.trim() === '' ? {} : { comment: comment.trim() }) },
        headers: { 'if-match': `"${base.revision}"` },
      }),
    {
      touches: ['config', 'revisions', 'providers', 'oauth-providers'],
      done: ({ revision }) => {
        draft.applied(revision);
        close();
        return text.config.applied(revision);
      },
    },
  );
  const failure = apply.error instanceof Problem ? apply.error : undefined;
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        apply.mutate(undefined);
      }}
    >
      <Stack>
        <Loaded from={validation}>
          {({ valid, mistakes, diff }) =>
            valid ? (
              <Diff of={diff} />
            ) : (
              <Alert color="red" title={text.config.mistakes(mistakes.length)}>
                <List size="sm">
                  {mistakes.map(({ path, message }) => (
                    <List.Item key={path + message}>
                      {path}: {message}
                    </List.Item>
                  ))}
                </List>
              </Alert>
            )
          }
        </Loaded>
        <Failure says={failure?.status === 412 ? text.config.stale : failure?.message} />
        <TextInput
          label={text.config.comment}
          maxLength={200}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {text.actions.cancel}
          </Button>
          <Button type="submit" loading={apply.isPending} disabled={validation.data?.valid !== true}>
            {text.config.apply}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
