import { Button, Card, Code, Group, NativeSelect, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { ConfigState } from '../api/types.ts';
import { openApply } from '../config/apply.tsx';
import { useDraft } from '../config/draft.ts';
import { Stale } from '../config/stale.tsx';
import { EmptyConfig } from '../parts/empty-config.tsx';
import { Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';
import { readRouting, ROUTER_ENTRIES, withRouterEntry, withTargets } from './routing-document.ts';
import { Targets } from './targets.tsx';

export function Models() {
  const config = useQuery({ queryKey: ['config'], queryFn: () => call<ConfigState>('GET', '/api/config') });
  return <Loaded from={config}>{(state) => <EditModels state={state} />}</Loaded>;
}

/** Changes collect in the text of the configuration, and are applied together after a look at the difference. */
function EditModels({ state }: { state: ConfigState }) {
  const draft = useDraft(state);
  const { text: document, write, changed } = draft;
  const { models, router, rules } = useMemo(() => readRouting(document), [document]);
  const may = useMay('admin');
  if (models.length === 0) return <EmptyConfig>{text.routing.noModels}</EmptyConfig>;
  return (
    <Stack>
      <Stale draft={draft} />
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {may ? text.routing.order : text.actions.roleNeeded('admin')}
        </Text>
        {may && (
          <Group gap="xs">
            {changed && (
              <Text size="sm" c="orange" role="status">
                {text.routing.changed}
              </Text>
            )}
            <Button variant="default" disabled={!changed} onClick={() => write(draft.base.text)}>
              {text.routing.undo}
            </Button>
            <Button disabled={!changed || draft.stale} onClick={() => openApply(draft)}>
              {text.routing.review}
            </Button>
          </Group>
        )}
      </Group>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {models.map((model) => (
          <Card withBorder key={model.name} component="section" aria-label={model.name}>
            <Text fw={600} mb="xs" component="h2" fz="md">
              {model.name}
            </Text>
            <Targets
              model={model}
              disabled={!may}
              change={(targets) => write(withTargets(document, model.name, targets))}
            />
          </Card>
        ))}
        <Card withBorder component="section" aria-label={text.routing.router}>
          <Text fw={600} mb="xs" component="h2" fz="md">
            {text.routing.router}
          </Text>
          <Stack gap="xs">
            {ROUTER_ENTRIES.map((entry) => (
              <NativeSelect
                key={entry}
                label={text.routing.entries[entry]}
                disabled={!may}
                value={router[entry] ?? ''}
                onChange={(event) => write(withRouterEntry(document, entry, event.currentTarget.value))}
                data={[{ value: '', label: text.actions.none }, ...models.map(({ name }) => name)]}
              />
            ))}
          </Stack>
        </Card>
        <Card withBorder component="section" aria-label={text.routing.rules}>
          <Text fw={600} mb="xs" component="h2" fz="md">
            {text.routing.rules}
          </Text>
          {rules.length === 0 ? (
            <Text size="sm" c="dimmed">
              {text.routing.noRules}
            </Text>
          ) : (
            rules.map(({ name, when, use }) => (
              <Text key={name} size="sm" mb="xs" className="wrap">
                <b>{name}</b>: {text.routing.ruleWhen} <Code>{when}</Code> {text.routing.ruleUse}{' '}
                <Code>{use}</Code>
              </Text>
            ))
          )}
        </Card>
      </SimpleGrid>
    </Stack>
  );
}
