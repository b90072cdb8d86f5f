import { ActionIcon, Box, Group, NumberInput, Stack, Text } from '@mantine/core';
import {
  closestCenter,
  DndContext,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
  type DragEndEvent,
} from '@dnd-kit/core';
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from '@dnd-kit/sortable';
import { DragHandleDots2Icon } from '../parts/icons.ts';
import { text } from '../text.ts';
import type { RoutingModel, Target } from './routing-document.ts';

interface Props {
  readonly model: RoutingModel;
  readonly disabled: boolean;
  readonly change: (targets: readonly Target[]) => void;
}

/** The targets of a model in the order in which they are tried, moved by pointer or keyboard. */
export function Targets({ model, disabled, change }: Props) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const targets = model.targets.toSorted((one, other) => one.priority - other.priority);

  function moved({ active, over }: DragEndEvent): void {
    if (over === null || active.id === over.id) return;
    const from = targets.findIndex(({ id }) => id === active.id);
    const to = targets.findIndex(({ id }) => id === over.id);
    change(renumbered(arrayMove([...targets], from, to)));
  }

  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={moved}>
      <SortableContext
        items={targets.map(({ id }) => id)}
        strategy={verticalListSortingStrategy}
        disabled={disabled}
      >
        <Stack gap="xs">
          {targets.map((target) => (
            <TargetRow
              key={target.id}
              target={target}
              disabled={disabled}
              change={(part) =>
                change(targets.map((other) => (other.id === target.id ? { ...other, ...part } : other)))
              }
            />
          ))}
        </Stack>
      </SortableContext>
    </DndContext>
  );
}

/** Ascending priorities in the order shown: who is moved no longer shares with others. */
function renumbered(targets: readonly Target[]): Target[] {
  return targets.map((target, index) => ({ ...target, priority: index + 1 }));
}

function TargetRow({
  target,
  disabled,
  change,
}: {
  target: Target;
  disabled: boolean;
  change: (part: Partial<Target>) => void;
}) {
  const { attributes, listeners, setNodeRef, transform, transition } = useSortable({ id: target.id });
  const name = `${target.provider}: ${target.model}`;
  return (
    <Box
      ref={setNodeRef}
      p="xs"
      bd="1px solid var(--mantine-color-default-border)"
      bg="var(--mantine-color-body)"
      style={{
        borderRadius: 'var(--mantine-radius-md)',
        transform: transform === null ? undefined : `translate3d(0, ${transform.y}px, 0)`,
        transition,
      }}
    >
      <Group wrap="nowrap" gap="xs">
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={disabled}
          {...attributes}
          {...listeners}
          aria-label={text.routing.handle(name)}
        >
          <DragHandleDots2Icon aria-hidden />
        </ActionIcon>
        <Box flex={1} miw={0}>
          <Text size="sm" truncate="end">
            {target.provider}
          </Text>
          <Text size="xs" c="dimmed" truncate="end" title={target.model}>
            {target.model}
          </Text>
        </Box>
        <NumberInput
          size="xs"
          w={80}
          label={text.routing.priority}
          min={0}
          max={1000}
          disabled={disabled}
          value={target.priority}
          onChange={(value) => change({ priority: Number(value) || 0 })}
        />
        <NumberInput
          size="xs"
          w={80}
          label={text.routing.weight}
          min={1}
          max={1000}
          disabled={disabled}
          value={target.weight}
          onChange={(value) => change({ weight: Number(value) || 1 })}
        />
      </Group>
    </Box>
  );
}
