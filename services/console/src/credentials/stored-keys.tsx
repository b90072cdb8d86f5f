import { Button, Group, PasswordInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type FormEvent } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { StoredKey } from '../api/types.ts';
import { confirm } from '../parts/confirm.tsx';
import { PlusIcon } from '../parts/icons.ts';
import { usePages } from '../parts/pages.ts';
import { DataTable } from '../parts/table.tsx';
import { Moment } from '../parts/times.tsx';
import { Empty, Loaded } from '../parts/view.tsx';
import { text } from '../text.ts';

const pathOf = (credential: string): string => `/api/credentials/${encodeURIComponent(credential)}`;

export function StoredKeys() {
  const { result, items, more, loadMore } = usePages<StoredKey>('stored-keys', '/api/credentials', {});
  const may = useMay('operator');
  const store = may && (
    <Button leftSection={<PlusIcon aria-hidden />} onClick={() => openStore()}>
      {text.credentials.storeKey}
    </Button>
  );
  const remove = useChange((credential: string) => call('DELETE', pathOf(credential)), {
    touches: ['stored-keys'],
    done: (_, credential) => text.credentials.revoked(credential),
  });
  return (
    <Stack>
      <Group justify="flex-end">{store}</Group>
      <Loaded from={result}>
        {() =>
          items?.length === 0 ? (
            <Empty>{text.credentials.storedEmpty}</Empty>
          ) : (
            <DataTable
              label={text.credentials.tabs.keys}
              head={[
                text.credentials.storedId,
                text.credentials.fingerprint,
                text.credentials.updated,
                text.credentials.by,
                '',
              ]}
            >
              {items?.map(({ credential, fingerprint, updatedAt, updatedBy }) => (
                <Table.Tr key={credential}>
                  <Table.Td className="wrap">{credential}</Table.Td>
                  <Table.Td ff="monospace">{fingerprint ?? text.actions.none}</Table.Td>
                  <Table.Td>
                    <Moment at={updatedAt} />
                  </Table.Td>
                  <Table.Td>{updatedBy}</Table.Td>
                  <Table.Td>
                    {may && (
                      <Group gap="xs" justify="flex-end">
                        <Button size="xs" variant="default" onClick={() => openStore(credential)}>
                          {text.keys.edit}
                        </Button>
                        <Button
                          size="xs"
                          color="red"
                          variant="outline"
                          onClick={() =>
                            confirm({
                              title: text.credentials.revokeTitle(credential),
                              text: text.credentials.revokeText,
                              action: text.actions.remove,
                              run: () => remove.mutate(credential),
                            })
                          }
                        >
                          {text.actions.remove}
                        </Button>
                      </Group>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          )
        }
      </Loaded>
      {more && (
        <Button variant="default" onClick={loadMore}>
          {text.actions.more}
        </Button>
      )}
    </Stack>
  );
}

function openStore(credential?: string): void {
  const modalId = modals.open({
    title: text.credentials.storeKey,
    children: <StoreKey of={credential} close={() => modals.close(modalId)} />,
  });
}

function StoreKey({ of, close }: { of?: string | undefined; close: () => void }) {
  const [credential, setCredential] = useState(of ?? '');
  const [value, setValue] = useState('');
  const store = useChange(() => call('PUT', pathOf(credential.trim()), { body: { value: value.trim() } }), {
    touches: ['stored-keys'],
    done: () => {
      close();
      return text.credentials.stored(credential);
    },
  });
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        store.mutate(undefined);
      }}
    >
      <Stack>
        <TextInput
          label={text.credentials.storedId}
          required
          disabled={of !== undefined}
          pattern="[A-Za-z0-9._\-]{1,128}"
          value={credential}
          onChange={(event) => setCredential(event.currentTarget.value)}
          data-autofocus={of === undefined}
        />
        <PasswordInput
          label={text.credentials.storedValue}
          description={text.credentials.storedHelp}
          required
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          data-autofocus={of !== undefined}
        />
        <Group justify="flex-end">
          <Text size="sm" c="red" role="alert">
            {store.error instanceof Error ? store.error.message : ''}
          </Text>
          <Button type="submit" loading={store.isPending}>
            {text.actions.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
