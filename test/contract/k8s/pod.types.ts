import type { V1Deployment, V1PodSpec } from '@kubernetes/client-node';

/** A Deployment or StatefulSet that has all that ours must have. */
export interface PodOwner {
  readonly spec: Pick<NonNullable<V1Deployment['spec']>, 'selector' | 'strategy'> & {
    readonly template: { readonly spec: V1PodSpec };
  };
}
