#!/usr/bin/env node
// `meshtrust` of the installed package, also by way of npx.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './paths.mjs';
import { installCopy } from './install-copy.mjs';

process.argv.splice(2, 0, 'meshtrust');
await import(pathToFileURL(join(installCopy(ROOT), 'harness', 'bootstrap', 'start.mjs')).href);
