import { Card, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** One of the things that can be settled. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
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
