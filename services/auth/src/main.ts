import 'reflect-metadata';
import { runService } from '@muxgate/runtime';
import { createAuthApp } from './auth-app.js';

runService('auth', () => createAuthApp(process.env));
