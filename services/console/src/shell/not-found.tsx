import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { Empty, View } from '../parts/view.tsx';
import { text } from '../text.ts';

export function NotFound() {
  return (
    <View title={text.errors.notFoundTitle}>
      <Empty
        action={
          <Anchor component={Link} href="/">
            {text.errors.home}
          </Anchor>
        }
      >
        {text.errors.notFound}
      </Empty>
    </View>
  );
}
