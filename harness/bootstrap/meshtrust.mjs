#!/usr/bin/env node
// `meshtrust` of the installed package, also by way of npx.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './paths.mjs';
import { settle } from './settle.mjs';

process.argv.splice(2, 0, 'meshtrust');
await import(pathToFileURL(join(settle(ROOT), 'harness', 'bootstrap', 'start.mjs')).href);
