import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import Type from 'typebox';
import { expect, it } from 'vitest';
import { SETTINGS_FILE } from './config/settings.ts';
import { ROOT } from '../common/paths.ts';
import { CONFORMANCE_REPORT } from '../verdict/report/model.ts';
import { checker, count, object, oneOf, partial, sentenceOf, text } from '../common/schema.ts';

// `npx vitest run --project unit harness/plan/schemas.test.ts --update` writes them anew.
it.each([
  ['docs/meshtrust.schema.json', SETTINGS_FILE],
  ['reports/conformance.schema.json', CONFORMANCE_REPORT],
])('%s is what the code goes by', async (path, schema) => {
  const file = join(ROOT, path);
  const options = { ...(await resolveConfig(file)), filepath: file };
  await expect(await format(JSON.stringify(schema), options)).toMatchFileSnapshot(file);
});

const COMPLETE = object({
  colour: oneOf(['red', 'green']),
  size: object({ wide: count(), high: count() }),
});

it('leaves out at will what is part of something complete', () => {
  const faultsOf = (value: unknown) => checker(partial(COMPLETE))(value).map(sentenceOf);
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ size: { wide: 1 } })).toEqual([]);
  expect(faultsOf({ size: { deep: 1 }, colour: 'blue' })).toEqual([
    '/colour must be equal to one of the allowed values: red, green',
    '/size must NOT have additional properties: deep',
  ]);
});

it('takes an optional object whole or not at all', () => {
  const schema = partial(object({ registry: Type.Optional(object({ push: text(), pull: text() })) }));
  const faultsOf = (value: unknown) => checker(schema)(value).map(sentenceOf);
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ registry: { push: 'a' } })).toEqual(["/registry must have required property 'pull'"]);
});
