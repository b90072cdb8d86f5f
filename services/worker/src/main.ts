import 'reflect-metadata';
import { runService } from '@muxgate/runtime';
import { startWorker } from './start-worker.js';

runService('worker', () => startWorker(process.env));
