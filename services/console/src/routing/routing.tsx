import { Tabs } from '@mantine/core';
import { useLocation } from 'wouter';
import { View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Models } from './models.tsx';
import { Providers } from './providers.tsx';

export default function Routing({ tab = 'providers' }: { tab?: string }) {
  const [, go] = useLocation();
  return (
    <View title={text.routing.title}>
      <Tabs value={tab} onChange={(next) => go(`/routing/${next}`)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="providers">{text.routing.providers}</Tabs.Tab>
          <Tabs.Tab value="models">{text.routing.models}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="providers">
          <Providers />
        </Tabs.Panel>
        <Tabs.Panel value="models">
          <Models />
        </Tabs.Panel>
      </Tabs>
    </View>
  );
}
