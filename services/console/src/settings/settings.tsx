import { Badge, Button, Card, Group, Progress, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { ListedSession, Page, Rewrap, RingKey, VaultKeys, Webhook } from '../api/types.ts';
import { DataTable } from '../parts/table.tsx';
import { Countdown } from '../parts/times.tsx';
import { Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';

export default function Settings() {
  const admin = useMay('admin');
  return (
    <View title={text.settings.title}>
      <Sessions />
      <Webhooks />
      {admin && <Rings />}
    </View>
  );
}

function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Text fw={600} component="h2" fz="md">
          {title}
        </Text>
        {actions}
      </Group>
      {children}
    </Card>
  );
}

function Sessions() {
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
            head={[text.requests.who, '', text.keys.lastUsed, text.keys.expires, text.audit.from, '']}
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
                  <Text size="xs" c="dimmed" lineClamp={1} title={userAgent}>
                    {userAgent}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {current === true ? (
                    <Badge color="teal" variant="light" tt="none" miw={72}>
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

function Webhooks() {
  const webhooks = useQuery({
    queryKey: ['webhooks'],
    queryFn: () => call<Page<Webhook>>('GET', '/api/webhooks'),
  });
  const may = useMay('operator');
  const test = useChange(
    (name: string) =>
      call<{ delivered: boolean; reason?: string }>('POST', `/api/webhooks/${encodeURIComponent(name)}/test`),
    {
      touches: ['webhooks'],
      done: ({ delivered, reason = '' }) => {
        if (delivered) return text.settings.hookOk;
        notifications.show({ message: text.settings.hookFailed(reason), color: 'red' });
        return undefined;
      },
    },
  );
  return (
    <Section title={text.settings.webhooks}>
      <Loaded from={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed" size="sm">
              {text.settings.noWebhooks}
            </Text>
          ) : (
            <DataTable label={text.settings.webhooks} head={[text.keys.name, '', '', '']}>
              {items.map(({ name, origin, format, events, waiting, dead }) => (
                <Table.Tr key={name}>
                  <Table.Td>
                    <Text size="sm">{name}</Text>
                    <Text size="xs" c="dimmed" className="wrap">
                      {origin} · {format}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Text size="xs">{events.join(', ')}</Text>
                  </Table.Td>
                  <Table.Td>
                    <Text size="xs">{text.settings.waiting(waiting)}</Text>
                    {dead.length > 0 && (
                      <Text size="xs" c="red" title={dead[0]?.reason}>
                        {text.settings.dead(dead.length)}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {may && (
                      <Button
                        size="xs"
                        variant="default"
                        loading={test.isPending}
                        onClick={() => test.mutate(name)}
                      >
                        {text.settings.testHook}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )
        }
      </Loaded>
    </Section>
  );
}

function Rings() {
  const keys = useQuery({
    queryKey: ['vault-keys'],
    queryFn: () => call<VaultKeys>('GET', '/api/vault/keys'),
  });
  const rewrap = useQuery({
    queryKey: ['rewrap'],
    queryFn: () => call<Rewrap>('GET', '/api/vault/rewrap'),
    refetchInterval: ({ state }) => (isRunning(state.data) ? 2_000 : false),
    retry: false,
  });
  const start = useChange(() => call<Rewrap>('POST', '/api/vault/rewrap'), {
    touches: ['rewrap', 'vault-keys'],
  });
  const { seen = 0, total = 0 } = rewrap.data ?? {};
  const running = isRunning(rewrap.data);
  return (
    <Section
      title={text.settings.rings}
      actions={
        <Button size="xs" variant="default" disabled={running} onClick={() => start.mutate(undefined)}>
          {text.settings.rewrap}
        </Button>
      }
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {text.settings.ringsText}
        </Text>
        {running && (
          <div role="status">
            <Progress value={total === 0 ? 0 : (100 * seen) / total} aria-label={text.settings.rewrap} />
            <Text size="xs">{text.settings.rewrapRunning(seen, total)}</Text>
          </div>
        )}
        <Loaded from={keys}>
          {({ access, refresh }) => (
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Ring title={text.settings.access} keys={access.keys} />
              <Ring title={text.settings.refresh} keys={refresh.keys} />
            </SimpleGrid>
          )}
        </Loaded>
      </Stack>
    </Section>
  );
}

function isRunning(rewrap: Rewrap | undefined): boolean {
  return rewrap?.status === 'running' || rewrap?.status === 'waiting';
}

function Ring({ title, keys }: { title: string; keys: readonly RingKey[] }) {
  return (
    <div>
      <Text size="sm" fw={600} mb="xs">
        {title}
      </Text>
      {keys.map(({ kid, seals, held, envelopes }) => (
        <Group key={kid} gap="xs">
          <Text size="sm" ff="monospace">
            {kid}
          </Text>
          {seals && (
            <Badge variant="light" tt="none">
              {text.settings.seals}
            </Badge>
          )}
          {!held && (
            <Badge color="red" variant="light" tt="none">
              {text.settings.missing}
            </Badge>
          )}
          <Text size="sm" className="numbers">
            {envelopes}
          </Text>
        </Group>
      ))}
    </div>
  );
}
