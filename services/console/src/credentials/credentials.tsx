import { Tabs } from '@mantine/core';
import { useLocation } from 'wouter';
import { View } from '../parts/view.tsx';
import { text } from '../text.ts';
import { Invitations } from './invitations.tsx';
import { OAuthCredentials } from './oauth-credentials.tsx';
import { StoredKeys } from './stored-keys.tsx';

const TABS = { oauth: OAuthCredentials, keys: StoredKeys, invitations: Invitations };

export default function Credentials({ tab = 'oauth' }: { tab?: string }) {
  const [, go] = useLocation();
  return (
    <View title={text.credentials.title}>
      <Tabs value={tab} onChange={(next) => go(`/credentials/${next}`)} keepMounted={false}>
        <Tabs.List mb="md">
          {Object.keys(TABS).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {text.credentials.tabs[name as keyof typeof TABS]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(TABS).map(([name, Content]) => (
          <Tabs.Panel key={name} value={name}>
            <Content />
          </Tabs.Panel>
        ))}
      </Tabs>
    </View>
  );
}
