import { runService } from '@muxgate/runtime';
import 'reflect-metadata';
import { createGateway } from './create-gateway.js';
import { countBuffersAsHeap } from './heap.js';

countBuffersAsHeap();
runService('gateway', () => createGateway(process.env));
