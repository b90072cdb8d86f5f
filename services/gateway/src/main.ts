import { runService } from '@muxgate/runtime';
import 'reflect-metadata';
import { createGateway } from './create-gateway.js';

runService('gateway', () => createGateway(process.env));
