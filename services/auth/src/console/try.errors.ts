import { defineError } from '@muxgate/runtime';

export const GatewayUnknown = defineError('GatewayUnknown', 'gateway_unknown', 503);
export const GatewayUnreachable = defineError('GatewayUnreachable', 'gateway_unreachable', 502);
