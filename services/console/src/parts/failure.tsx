import { Alert } from '@mantine/core';

/** Why something did not work, told at once to those who listen too; nothing where it did. */
export function Failure({ says }: { says: string | undefined }) {
  return says === undefined ? null : (
    <Alert color="red" role="alert">
      {says}
    </Alert>
  );
}
