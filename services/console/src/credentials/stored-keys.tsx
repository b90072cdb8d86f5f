import { Button, Group, PasswordInput, Stack, Table, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/changes.ts';
import { call } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import type { StoredKey } from '../api/types.ts';
import { ChangeForm } from '../parts/change-form.tsx';
import { openDialog } from '../parts/dialog.ts';
import { EditOrRemove } from '../parts/edit-or-remove.tsx';
import { PlusIcon } from '../parts/icons.ts';
import { PagedTable } from '../parts/paged-table.tsx';
import { usePages } from '../parts/pages.ts';
import { Moment } from '../parts/times.tsx';
import { text } from '../text.ts';

const pathOf = (credential: string): string => `/api/credentials/${encodeURIComponent(credential)}`;

export function StoredKeys() {
  const pages = usePages<StoredKey>('stored-keys', '/api/credentials', {});
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
      <PagedTable
        pages={pages}
        label={text.credentials.tabs.keys}
        head={[
          text.credentials.storedId,
          text.credentials.fingerprint,
          text.credentials.updated,
          text.credentials.by,
          '',
        ]}
        empty={text.credentials.storedEmpty}
      >
        {({ credential, fingerprint, updatedAt, updatedBy }) => (
          <Table.Tr key={credential}>
            <Table.Td className="wrap">{credential}</Table.Td>
            <Table.Td ff="monospace">{fingerprint ?? text.actions.none}</Table.Td>
            <Table.Td>
              <Moment at={updatedAt} />
            </Table.Td>
            <Table.Td>{updatedBy}</Table.Td>
            <Table.Td>
              {may && (
                <EditOrRemove
                  edit={() => openStore(credential)}
                  remove={{
                    title: text.credentials.revokeTitle(credential),
                    text: text.credentials.revokeText,
                    run: () => remove.mutate(credential),
                  }}
                />
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </PagedTable>
    </Stack>
  );
}

function openStore(credential?: string): void {
  openDialog({
    title: text.credentials.storeKey,
    content: (close) => <StoreKey of={credential} close={close} />,
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
    <ChangeForm
      change={store}
      submit={() => store.mutate(undefined)}
      values={{ credential, value }}
      action={text.actions.save}
    >
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
    </ChangeForm>
  );
}
