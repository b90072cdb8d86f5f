import { defineError } from '@muxgate/runtime';

export const ModelForbidden = defineError('ModelForbidden', 'model_not_allowed', 403);
export const ModelUnknown = defineError('ModelUnknown', 'model_not_found', 404);
export const NoTarget = defineError('NoTarget', 'no_target_for_surface', 400);
export const PinForbidden = defineError('PinForbidden', 'pin_not_allowed', 403);
export const PinUnknown = defineError('PinUnknown', 'pinned_provider_unknown', 400);
export const ProviderForbidden = defineError('ProviderForbidden', 'provider_forbidden', 403);
