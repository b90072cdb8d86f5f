import { Button, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { Page, Webhook } from '../api/types.ts';
import { DataTable } from '../parts/table.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Section } from './section.tsx';

export function Webhooks() {
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
