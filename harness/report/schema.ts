import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const SCHEMA = new URL('../../reports/conformance.schema.json', import.meta.url);

let compiled: ValidateFunction | undefined;

/**
 * Holds a parsed report against `reports/conformance.schema.json`. Returns one sentence per violation, such as
 * `/claims/0/status must be equal to one of the allowed values: passed, failed`; none if it is valid.
 */
export function validateReport(value: unknown): string[] {
  compiled ??= new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);
  if (compiled(value)) return [];
  return (compiled.errors ?? [])
    .filter((error) => error.keyword !== 'if')
    .map(({ instancePath, message, params }) => {
      const allowed = (params as { allowedValues?: unknown[] }).allowedValues;
      const surplus = (params as { additionalProperty?: string }).additionalProperty;
      const detail = allowed?.join(', ') ?? surplus;
      return `${instancePath || '/'} ${message ?? 'is invalid'}${detail === undefined ? '' : `: ${detail}`}`;
    });
}
