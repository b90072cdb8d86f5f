import { Anchor, Badge, Group, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RevisionHead } from '../api/types.ts';
import { PagedTable } from '../parts/paged-table.tsx';
import { usePages } from '../parts/pages.ts';
import { Moment } from '../parts/times.tsx';
import { text } from '../text.ts';

export function History({ current }: { current: number | undefined }) {
  const pages = usePages<RevisionHead>('revisions', '/api/config/revisions', {});
  return (
    <PagedTable
      pages={pages}
      label={text.config.history}
      head={[text.config.revisionHead, text.requests.when, text.credentials.by, text.config.comment]}
    >
      {({ revision, at, by, source, comment }) => (
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
      )}
    </PagedTable>
  );
}
