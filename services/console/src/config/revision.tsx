import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Revision } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { Diff } from '../parts/diff.tsx';
import { timeOf } from '../parts/format.ts';
import { Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';

export default function RevisionView({ revision = '' }: { revision?: string }) {
  const number = Number(revision);
  const found = useQuery({
    queryKey: ['revisions', 'one', number],
    queryFn: () => call<Revision>('GET', `/api/config/revisions/${number}`),
  });
  const may = useMay('admin');
  const restore = useChange(
    () => call<{ revision: number }>('POST', `/api/config/revisions/${number}/restore`, { body: {} }),
    { touches: ['config', 'revisions', 'providers'], done: (made) => text.config.applied(made.revision) },
  );
  return (
    <View
      title={text.config.revision(number)}
      actions={
        <>
          <Anchor component={Link} href="/config/history" size="sm">
            {text.config.history}
          </Anchor>
          {may && (
            <Button
              loading={restore.isPending}
              onClick={() =>
                confirm({
                  title: text.config.restoreTitle(number),
                  text: text.config.restoreText,
                  action: text.config.restore,
                  run: () => restore.mutate(undefined),
                })
              }
            >
              {text.config.restore}
            </Button>
          )}
        </>
      }
    >
      <Loaded from={found}>
        {({ by, at, comment, diff }) => (
          <Stack>
            <Text size="sm" c="dimmed">
              {by}, {timeOf(at)}
              {comment === undefined ? '' : `: ${comment}`}
            </Text>
            <Diff of={diff} />
          </Stack>
        )}
      </Loaded>
    </View>
  );
}
