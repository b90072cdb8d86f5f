import { SimpleGrid, Text, type SimpleGridProps } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props extends Pick<SimpleGridProps, 'cols' | 'spacing'> {
  readonly of: readonly (readonly [name: string, value: ReactNode])[];
}

/** What is known of one thing, each fact under its name. */
export function Facts({ of, ...grid }: Props) {
  return (
    <SimpleGrid component="dl" m={0} {...grid}>
      {of.map(([name, value]) => (
        <div key={name}>
          <Text component="dt" size="xs" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} size="sm" className="wrap">
            {value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
