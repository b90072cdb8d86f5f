import { Tabs } from '@mantine/core';
import { useLocation } from 'wouter';
import { View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { ClientKeys } from './client-keys.tsx';
import { Teams } from './teams.tsx';

export default function Keys({ tab = 'keys' }: { tab?: string }) {
  const [, go] = useLocation();
  return (
    <View title={text.keys.title}>
      <Tabs value={tab} onChange={(next) => go(`/keys/${next}`)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys">{text.keys.tabs.keys}</Tabs.Tab>
          <Tabs.Tab value="teams">{text.keys.tabs.teams}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys">
          <ClientKeys />
        </Tabs.Panel>
        <Tabs.Panel value="teams">
          <Teams />
        </Tabs.Panel>
      </Tabs>
    </View>
  );
}
