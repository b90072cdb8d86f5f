import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { text } from '../text.ts';
import { Empty } from './view.tsx';

/** Nothing to show before the configuration says something of it. */
export function EmptyConfig({ children }: { children: string }) {
  return (
    <Empty
      action={
        <Anchor component={Link} href="/config">
          {text.nav.config}
        </Anchor>
      }
    >
      {children}
    </Empty>
  );
}
