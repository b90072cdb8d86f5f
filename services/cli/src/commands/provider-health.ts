/** A configured provider with the rests of its targets, as `GET /api/providers` shows it. */
export interface Provider {
  readonly name: string;
  readonly protocol: string;
  readonly baseUrl: string;
  readonly health: 'healthy' | 'resting' | 'disabled';
  readonly coolDowns: ReadonlyArray<{ readonly model: string; readonly until: string }>;
}

export function restingModels({ coolDowns }: Provider): string {
  return coolDowns.map(({ model }) => model).join(' ');
}
