import { Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { Copyable } from '../parts/copy.tsx';
import { text } from '../text.ts';
import { snippets } from './snippets.ts';

/** The address of the gateway as developers see it. */
export function useGateway() {
  return useQuery({
    queryKey: ['gateway'],
    queryFn: () => call<{ url?: string; models: string[] }>('GET', '/api/gateway'),
    staleTime: 60_000,
  });
}

/** The lines that point a client at the gateway. */
export function SetUp({ clientKey }: { clientKey: string }) {
  const { data } = useGateway();
  if (data?.url === undefined) return <Text c="dimmed">{text.try.noGateway}</Text>;
  const all = snippets(data.url, clientKey, data.models[0] ?? 'model');
  return (
    <Stack gap="xs">
      <Text fw={600}>{text.try.setUp}</Text>
      <Tabs defaultValue={all[0]?.name}>
        <Tabs.List mb="sm">
          {all.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {all.map(({ name, lines }) => (
          <Tabs.Panel key={name} value={name}>
            <Copyable value={lines} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}
