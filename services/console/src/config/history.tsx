import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RevisionHead } from '../api/types.ts';
import { usePages } from '../parts/pages.ts';
import { DataTable } from '../parts/table.tsx';
import { Moment } from '../parts/times.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';

export function History({ current }: { current: number | undefined }) {
  const { result, items, more, loadMore } = usePages<RevisionHead>('revisions', '/api/config/revisions', {});
  return (
    <Loaded from={result}>
      {() => (
        <Stack>
          <DataTable
            label={text.config.history}
            head={[
              text.config.revision(0).replace(/ \d+$/, ''),
              text.requests.when,
              text.credentials.by,
              text.config.comment,
            ]}
          >
            {items?.map(({ revision, at, by, source, comment }) => (
              <Table.Tr key={revision}>
                <Table.Td>
                  <Group gap="xs">
                    <Anchor component={Link} href={`/config/history/${revision}`}>
                      {text.config.revision(revision)}
                    </Anchor>
                    {revision === current && (
                      <Badge color="teal" variant="light" tt="none">
                        {text.config.current}
                      </Badge>
                    )}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Moment at={at} />
                </Table.Td>
                <Table.Td>
                  {by}{' '}
                  <Text span size="xs" c="dimmed">
                    ({source})
                  </Text>
                </Table.Td>
                <Table.Td className="wrap">{comment}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
          {more && (
            <Button variant="default" onClick={loadMore}>
              {text.actions.more}
            </Button>
          )}
        </Stack>
      )}
    </Loaded>
  );
}
