import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import Type, { type TObjectOptions, type TProperties, type TSchema } from 'typebox';

/** An object with these keys, and no others. */
export const object = <Properties extends TProperties>(properties: Properties, options: TObjectOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One of these words. */
export const oneOf = <const Word extends string>(words: readonly Word[], description?: string) =>
  Type.Unsafe<Word>(Type.Enum([...words], described(description)));

/** A text with something in it. */
export const text = (description?: string) => Type.String({ minLength: 1, ...described(description) });

/** Name of a namespace, a revision or a class (Kubernetes, «Object Names», RFC 1123 label). */
export const label = (description: string) =>
  Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', description });

/** A version such as 1.29.1. */
export const version = (description: string) => Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$', description });

/** So many of something. */
export const count = (description?: string) => Type.Integer({ minimum: 0, ...described(description) });

/** A time in RFC 3339. */
export const time = (description = '') =>
  Type.String({
    description: `${description} RFC 3339.`.trim(),
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
  });

const described = (description: string | undefined) => (description === undefined ? {} : { description });

/**
 * The same with every key left out at will: what somebody says of something that is complete without it. An optional
 * object is still given whole or not at all.
 */
export function partial(schema: TSchema): TSchema {
  if (!Type.IsObject(schema)) return schema;
  const { properties, required: _, ...options } = schema as typeof schema & { required?: string[] };
  return Type.Object(
    Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [
        key,
        Type.IsOptional(value) ? value : Type.Optional(partial(value)),
      ]),
    ),
    options,
  );
}

const ajv = new Ajv2020({ allErrors: true });

/** Holds values against a schema: what is wrong with one, nothing where it is valid. Compiled once, when first asked. */
export const checker =
  (schema: TSchema) =>
  (value: unknown): ErrorObject[] => {
    const isValid = ajv.compile(schema);
    return isValid(value) ? [] : (isValid.errors ?? []);
  };

/** One error as `/claims/0/status must be equal to one of the allowed values: passed, failed`. */
export function sentenceOf({ instancePath, message, params }: ErrorObject): string {
  const { allowedValues, additionalProperty } = params as { allowedValues?: unknown[]; additionalProperty?: string };
  const detail = allowedValues?.join(', ') ?? additionalProperty;
  return `${instancePath || '/'} ${message ?? 'is invalid'}${detail === undefined ? '' : `: ${detail}`}`;
}
