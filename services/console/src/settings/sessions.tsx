import { Badge, Button, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import type { ListedSession, Page } from '../api/types.ts';
import { DataTable } from '../parts/table.tsx';
import { Countdown } from '../parts/times.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Section } from './section.tsx';

export function Sessions() {
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => call<Page<ListedSession>>('GET', '/api/sessions'),
  });
  const end = useChange((id: string) => call('DELETE', `/api/sessions/${id}`), {
    touches: ['sessions', 'session'],
    done: () => text.settings.ended,
  });
  return (
    <Section
      title={text.settings.sessions}
      actions={
        <Button size="xs" variant="default" onClick={() => end.mutate('all')}>
          {text.settings.endAll}
        </Button>
      }
    >
      <Loaded from={sessions}>
        {({ items }) => (
          <DataTable
            label={text.settings.sessions}
            head={[
              text.requests.who,
              text.settings.role,
              text.keys.lastUsed,
              text.keys.expires,
              text.settings.device,
              '',
            ]}
          >
            {items.map(({ id, name, role, via, lastSeenAt, expiresAt, address, userAgent, current }) => (
              <Table.Tr key={id}>
                <Table.Td className="wrap">{name}</Table.Td>
                <Table.Td>
                  <Badge variant="light" tt="none">
                    {role}
                  </Badge>{' '}
                  <Text span size="xs" c="dimmed">
                    {via}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Countdown to={lastSeenAt} />
                </Table.Td>
                <Table.Td>
                  <Countdown to={expiresAt} />
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{address}</Text>
                  <Text size="xs" c="dimmed" lineClamp={1} maw={280} title={userAgent}>
                    {userAgent}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {current === true ? (
                    <Badge color="teal" variant="light" tt="none">
                      {text.settings.thisOne}
                    </Badge>
                  ) : (
                    <Button size="xs" variant="default" onClick={() => end.mutate(id)}>
                      {text.settings.end}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Loaded>
    </Section>
  );
}
