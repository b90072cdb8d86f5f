import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { messageOf } from './problem.ts';

/** A change over REST: says what came of it, and has everything under `touches` read again. */
export function useChange<Input, Output>(
  change: (input: Input) => Promise<Output>,
  options: { touches: readonly string[]; done?: (output: Output, input: Input) => string | undefined },
): UseMutationResult<Output, unknown, Input> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (output, input) => {
      const says = options.done?.(output, input);
      if (says !== undefined) notifications.show({ message: says, color: 'teal' });
      await Promise.all(options.touches.map((name) => queries.invalidateQueries({ queryKey: [name] })));
    },
    onError: (error) => {
      notifications.show({ message: messageOf(error), color: 'red', autoClose: 10_000 });
    },
  });
}
