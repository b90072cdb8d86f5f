#!/usr/bin/env node
import { prepareCli } from './bootstrap/prepare-cli.mjs';

const main = await prepareCli(process.argv.slice(2));
if (main !== undefined) await import(main);
