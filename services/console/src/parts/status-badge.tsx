import { Badge } from '@mantine/core';
import type { CredentialStatus } from '../api/types.ts';
import { text } from '../text.ts';

const COLORS: Readonly<Record<CredentialStatus, string>> = {
  active: 'teal',
  refreshing: 'blue',
  refresh_failing: 'orange',
  expired: 'red',
  reauthorization_required: 'red',
  blocked_by_provider: 'red',
};

export function StatusBadge({ status }: { status: CredentialStatus }) {
  return (
    <Badge color={COLORS[status]} variant="light" tt="none">
      {text.status[status]}
    </Badge>
  );
}
