import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { Empty } from '../parts/view.tsx';
import { text } from '../text.ts';

export function NotFound() {
  return (
    <Empty
      action={
        <Anchor component={Link} href="/">
          {text.errors.home}
        </Anchor>
      }
    >
      {text.errors.notFound}
    </Empty>
  );
}
