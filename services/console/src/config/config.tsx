import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { call } from '../api/client.ts';
import type { ConfigState } from '../api/types.ts';
import { Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Edit } from './edit.tsx';
import { History } from './history.tsx';
import { Replicas } from './replicas.tsx';

export default function Config({ tab = 'editor' }: { tab?: string }) {
  const [, go] = useLocation();
  const config = useQuery({
    queryKey: ['config'],
    queryFn: () => call<ConfigState>('GET', '/api/config'),
    refetchInterval: 10_000,
  });
  return (
    <View title={text.config.title}>
      <Tabs value={tab} onChange={(next) => go(`/config/${next}`)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="editor">{text.config.editor}</Tabs.Tab>
          <Tabs.Tab value="history">{text.config.history}</Tabs.Tab>
          <Tabs.Tab value="replicas">{text.config.replicas}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="editor">
          <Loaded from={config}>{(state) => <Edit state={state} />}</Loaded>
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History current={config.data?.revision} />
        </Tabs.Panel>
        <Tabs.Panel value="replicas">
          <Loaded from={config}>{(state) => <Replicas state={state} />}</Loaded>
        </Tabs.Panel>
      </Tabs>
    </View>
  );
}
